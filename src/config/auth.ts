import { scopes } from '../contract/caller.ts'
import type { KeyRecord } from '../contract/caller.ts'
import type { OauthSettings, ResourceSettings } from '../contract/settings.ts'
import { envProblem } from './env.ts'
import type { Env } from './env.ts'
import type { ConfigFile } from './files.ts'
import { isLoopbackHost } from '../lib/hosts.ts'
import { readOauth, resourceOf, withoutOauth } from './oauth.ts'
import type { Problem } from './problem.ts'
import type { CallersEntry } from './schema/callers.ts'

export type AuthSettings =
  | { mode: 'none' }
  | { mode: 'api-key'; keyHashes: readonly KeyRecord[] }
  | { mode: 'oauth'; oauth: OauthSettings; resource: ResourceSettings }

/**
 * Who may call. Without keys the gateway listens to its own machine only.
 * @param modeIsFaulty AUTH_MODE is told as a problem already: nothing is concluded from its absence
 */
export const readAuth = (
  env: Env,
  callers: ConfigFile<CallersEntry>,
  { modeIsFaulty }: { modeIsFaulty: boolean },
): { auth: AuthSettings; problems: Problem[] } => {
  const { keyHashes, problems } = readKeyHashes(env.API_KEY_HASHES ?? [])
  if (modeIsFaulty) return { auth: { mode: 'api-key', keyHashes }, problems }
  if (env.AUTH_MODE === 'oauth') {
    if (keyHashes.length > 0) problems.push(keysWithoutEffect)
    const { oauth, problems: oauthProblems } = readOauth(env, callers)
    return {
      auth: { mode: 'oauth', oauth, resource: resourceOf(oauth, env) },
      problems: [...problems, ...oauthProblems],
    }
  }
  problems.push(...withoutOauth(env))
  const isPublic = !isLoopbackHost(env.HOST)
  if (isPublic && env.AUTH_MODE !== 'api-key')
    problems.push(
      envProblem(
        'AUTH_MODE',
        `${env.AUTH_MODE === undefined ? 'is not set' : 'is none'}, and HOST ${env.HOST} can be reached by others`,
        'set AUTH_MODE=api-key and make a key with "node scripts/launch.mjs keys create --name NAME", or set HOST=127.0.0.1',
      ),
    )
  const mode = env.AUTH_MODE ?? (isPublic ? 'api-key' : 'none')
  if (mode === 'none' && keyHashes.length > 0) problems.push(keysWithoutEffect)
  return { auth: mode === 'none' ? { mode } : { mode, keyHashes }, problems }
}

const keysWithoutEffect = envProblem(
  'API_KEY_HASHES',
  'has no effect without keys being asked for',
  'set AUTH_MODE=api-key',
)

const readKeyHashes = (texts: readonly string[]): { keyHashes: KeyRecord[]; problems: Problem[] } => {
  const keyHashes: KeyRecord[] = []
  const problems: Problem[] = []
  for (const [index, text] of texts.entries()) {
    const fields = text.split(':')
    const sha256 = fields.at(-1)?.toLowerCase() ?? ''
    const [id = `env-${sha256.slice(0, 8)}`, scopeText = 'use'] = fields.length === 3 ? fields : []
    const scope = scopes.find((known) => known === scopeText)
    const isWhole = (fields.length === 1 || fields.length === 3) && /^[\w.-]{1,64}$/.test(id) && scope !== undefined
    if (!isWhole || !/^[0-9a-f]{64}$/.test(sha256))
      problems.push(
        envProblem(
          'API_KEY_HASHES',
          `entry ${index + 1} is not a key's hash`,
          `write 64 hex digits, or id:scope:hash with scope ${scopes.join(' or ')}`,
        ),
      )
    else if (keyHashes.some((key) => key.id === id || key.sha256 === sha256))
      problems.push(envProblem('API_KEY_HASHES', `entry ${index + 1} repeats an id or a hash`, 'drop one of the two'))
    else keyHashes.push({ id, name: id, scope, sha256, createdAtMs: 0, revokedAtMs: null })
  }
  return { keyHashes, problems }
}
