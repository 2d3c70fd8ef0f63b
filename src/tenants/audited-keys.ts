import type { Caller } from '../contract/caller.ts'
import type { Audited } from '../contract/store.ts'
import type { KeyDirectory } from './directory.ts'

/** The same directory, whose changes are on the record as `actor`'s. */
export const auditKeys = (
  keys: KeyDirectory,
  { audited, actor }: { audited: Audited; actor: Pick<Caller, 'id' | 'name'> },
): KeyDirectory => ({
  ...keys,
  create: (wanted) =>
    audited(
      { actor, action: 'key.create', target: null, detail: { name: wanted.name, scope: wanted.scope } },
      () => keys.create(wanted),
      ({ record }) => ({ target: record.id }),
    ),
  revoke: (id) =>
    audited(
      { actor, action: 'key.revoke', target: id },
      () => keys.revoke(id),
      (wasThere) => (wasThere ? {} : { outcome: 'failed', detail: { reason: 'there is no such active key' } }),
    ),
})
