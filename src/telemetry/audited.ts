import { GatewayError } from '../contract/errors.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Audit, Audited } from '../contract/store.ts'

interface AuditedOptions {
  audit: Pick<Audit, 'append'>
  newId: () => string
  clock: Clock
}

/** Writes each action down once it has ended, well or not: nothing that was done is told before it is on the record. */
export const createAudited = ({ audit, newId, clock }: AuditedOptions): Audited => {
  return async ({ detail = {}, ...act }, work, learned) => {
    const entry = { id: newId(), atMs: clock.now(), detail, ...act }
    const result = await work().catch(async (error: unknown) => {
      await audit.append({ ...entry, ...endOf(error) }).catch(() => undefined)
      throw error
    })
    const known = learned?.(result) ?? {}
    try {
      await audit.append({ ...entry, outcome: 'done', ...known, detail: { ...detail, ...known.detail } })
    } catch (cause) {
      throw new GatewayError('store_unavailable', 'It is done, but the audit trail could not be written.', { cause })
    }
    return result
  }
}

const endOf = (error: unknown) => {
  const { code } = GatewayError.from(error)
  return { outcome: code === 'insufficient_scope' ? 'refused' : 'failed', detail: { code } } as const
}
