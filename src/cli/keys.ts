import type { Scope } from '../contract/caller.ts'
import { parseLimits, sayLimits } from '../contract/limit.ts'
import { openKeyDirectory } from '../open-parts.ts'
import { configureKept } from './configure.ts'

/** Makes a key and prints it; it is kept as a hash only and cannot be shown again. */
export const createKey = async (wanted: {
  name: string
  scope: Scope
  team?: string
  tenant?: string
  limits?: string
}): Promise<void> => {
  const { limits, ...rest } = wanted
  const key = { ...rest, ...(limits === undefined ? {} : { limits: parseLimits(limits) }) }
  await using keys = await openKeyDirectory(configureKept())
  const { record, secret } = await keys.create(key)
  process.stdout.write(`${secret}\n`)
  process.stderr.write(`Key ${record.id} (${record.scope}) for ${record.name}. It is shown this once: store it now.\n`)
}

/** Prints every key, the revoked ones too: id, scope, state, day, name, whose team's and tenant's answers it shares, its own limits. */
export const listKeys = async (): Promise<void> => {
  await using keys = await openKeyDirectory(configureKept())
  const records = await keys.list()
  if (records.length === 0)
    process.stderr.write('There are no keys. Make one: node scripts/launch.mjs keys create --name NAME\n')
  for (const { id, name, scope, createdAtMs, revokedAtMs, team, tenant, limits } of records) {
    const state = revokedAtMs === null ? 'active' : `revoked ${day(revokedAtMs)}`
    const shares = [...(team ? [`team ${team}`] : []), ...(tenant ? [`tenant ${tenant}`] : [])]
    process.stdout.write(
      [id, scope, state, `created ${day(createdAtMs)}`, name, ...shares, ...(limits ? [sayLimits(limits)] : [])].join(
        '\t',
      ) + '\n',
    )
  }
}

/** Revokes a key. A running gateway refuses it from the next request on; with PostgreSQL, any refuses it within five seconds. */
export const revokeKey = async (id: string): Promise<void> => {
  await using keys = await openKeyDirectory(configureKept())
  if (!(await keys.revoke(id)))
    throw new Error(`There is no active key ${id}. "node scripts/launch.mjs keys list" shows them.`)
  process.stderr.write(`Key ${id} is revoked.\n`)
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
