import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { parseConfigFile } from '../../src/config/files.ts'
import { schemas } from '../../src/config/schema/files.ts'
import type { ProviderEntry } from '../../src/config/schema/providers.ts'
import { localEmbedder } from '../../src/contract/provider.ts'
import { renderConfiguration } from './configuration.ts'
import { renderErrors } from './errors.ts'
import { renderExampleEnv } from './example-env.ts'
import { renderMetrics } from './metrics.ts'

/** Every generated file, by its path from the project's root. */
export const renderAll = (root: string): { file: string; text: string }[] => {
  const rows = readShippedRows(root)
  return [
    ...Object.entries(schemas).map(([name, schema]) => ({
      file: `config/schema/${name.replace('.yaml', '.json')}`,
      text: `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`,
    })),
    { file: 'docs/configuration.md', text: renderConfiguration(rows) },
    { file: 'docs/errors.md', text: renderErrors() },
    { file: 'docs/metrics.md', text: renderMetrics() },
    { file: 'deploy/example.env', text: renderExampleEnv(rows) },
  ]
}

const readShippedRows = (root: string): ProviderEntry[] => {
  const shownAs = 'config/providers.yaml'
  const text = readFileSync(path.join(root, shownAs), 'utf8')
  const { value, problems } = parseConfigFile({ text, shownAs, schema: schemas['providers.yaml'] })
  if (!value) throw new Error(`${shownAs} is not valid: ${problems.map(({ problem }) => problem).join('; ')}`)
  // Nothing is set for what runs in the gateway's own process.
  return value.providers.filter(({ dialect }) => dialect !== localEmbedder)
}
