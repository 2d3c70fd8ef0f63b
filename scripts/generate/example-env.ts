import { describeVariables, providerVariables } from '../../src/config/env.ts'
import type { ProviderEntry } from '../../src/config/schema/providers.ts'

/** deploy/example.env: everything that the gateway reads, commented out. */
export const renderExampleEnv = (rows: readonly ProviderEntry[]): string => {
  const general = describeVariables().map(({ name, meaning, fallback }) => `# ${meaning}\n#${name}=${fallback ?? ''}`)
  const providers = rows.map((row) => {
    const { apiKeys, baseUrl, serverUrl } = providerVariables(row)
    const variables = [...apiKeys, baseUrl, ...(serverUrl === null ? [] : [serverUrl])]
    return `# ${row.title}\n${variables.map((name) => `#${name}=${name === baseUrl ? (row.base_url ?? '') : ''}`).join('\n')}`
  })
  return `# Copy to .env beside package.json and take the # from what you set. Empty counts as unset. Values are the defaults.
# Generated from src/config/env.ts and config/providers.yaml by "npm run generate"; docs/configuration.md says more.

# --- Providers. Several keys, comma-separated, are backups of the first. Of two variables for a key, one is read. ---

${providers.join('\n\n')}

# --- The gateway ---

${general.join('\n\n')}
`
}
