import { localEmbedder } from '../contract/provider.ts'
import type { ProviderRow } from '../contract/provider.ts'
import { sandboxName } from './env.ts'
import type { Env } from './env.ts'
import { isLoopbackHost } from '../lib/hosts.ts'
import type { KnownProvider } from './rows.ts'
import { createSecret } from './secrets.ts'

/**
 * Whether the sandbox starts: when it is asked for, or when nothing else can be called and this is plainly somebody's
 * own machine, where a first try should simply answer.
 */
export const decideSandbox = (env: Env, callableRows: number): 'start' | 'off' => {
  if (env.PROVIDERS?.includes(sandboxName)) return 'start'
  const isOwnMachine = isLoopbackHost(env.HOST) && env.K_SERVICE === undefined && env.NODE_ENV !== 'production'
  return callableRows === 0 && isOwnMachine ? 'start' : 'off'
}

/** The part of a base URL that is the API's version, where its dialect does not bring it along. */
const versions: Readonly<Record<string, string>> = { anthropic: '', gemini: '/v1beta' }

/**
 * The rows when the sandbox is on: every row of the catalogue that calls anybody, with the sandbox behind it. OpenAI-shaped rows
 * are found at `<url>/<row>/v1`, Google's at `<url>/<row>/v1beta`, Anthropic's at `<url>/<row>`.
 */
export const sandboxRows = (
  config: { knownProviders: readonly KnownProvider[] },
  sandboxBaseUrl: string,
): ProviderRow[] =>
  config.knownProviders
    .filter(({ template }) => template.dialect !== localEmbedder)
    .map(({ template }) => ({
      ...template,
      baseUrl: `${sandboxBaseUrl}/${template.id}${versions[template.dialect] ?? '/v1'}`,
      auth: template.auth === 'none' ? 'bearer' : template.auth,
      keys: [createSecret(sandboxName)],
      headers: {},
      simulated: true,
    }))
