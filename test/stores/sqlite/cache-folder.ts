import { createVault } from '../../../src/stores/entries/vault.ts'
import type { Vault } from '../../../src/stores/entries/vault.ts'
import { openEntries } from '../../../src/stores/sqlite/entries.ts'
import { createSecret } from '../../../src/config/secrets.ts'

/** 32 bytes of the same number, as CACHE_KEY takes them. */
export const cacheKey = (byte: number): string => Buffer.alloc(32, byte).toString('base64')

export const vaultOf = (byte: number, previous: number | null = null): Promise<Vault> =>
  createVault({
    current: createSecret(cacheKey(byte)),
    previous: previous === null ? null : createSecret(cacheKey(previous)),
  })

type Options = Partial<Parameters<typeof openEntries>[0]> & { dataDir: string }

/** The entries of a folder, with all that was noticed on the way. */
export const openFolder = async (options: Options) => {
  const notices: string[] = []
  const entries = await openEntries({
    vault: await vaultOf(1),
    maxBytes: 1_000_000,
    hotBytes: 1_000_000,
    clock: { now: () => 0 },
    notice: (message) => notices.push(message),
    ...options,
  })
  if (!entries) throw new Error('The folder is taken')
  return { entries, notices, [Symbol.asyncDispose]: () => entries[Symbol.asyncDispose]() }
}
