import { z } from 'zod'
import { describeVariables, providerVariables } from '../../src/config/env.ts'
import { schemas } from '../../src/config/schema/files.ts'
import type { ProviderEntry } from '../../src/config/schema/providers.ts'

type Schema = z.core.JSONSchema.BaseSchema

/** docs/configuration.md */
export const renderConfiguration = (
  rows: readonly ProviderEntry[],
): string => `<!-- Generated from src/config by "npm run generate". -->

# Configuration

The gateway starts without any: on a machine of your own, with no provider set up, a sandbox answers for every model.

Settings come from the environment and from the YAML files of \`config/\`. Where both say something the environment
wins. A CONFIG_DIR of your own needs only the files that differ; the others are the shipped ones. Unknown keys are
errors, and so are other \`.yaml\`, \`.yml\` and \`.json\` files in CONFIG_DIR, which nobody would read; folders, hidden files
and files of other kinds may lie there. Every problem is told at once, with its file, line and what to do. Editors that
know \`yaml-language-server\` complete and check the files as you type.

## Providers

A provider row is on as soon as it has what it needs. Several keys, comma-separated, are backups of the first. Base URLs
are written as in each vendor's own documents: OpenAI's with \`/v1\`, Google's with \`/v1beta\`, Anthropic's without.
Plain http is for hosts of your own network only. Where two variables may hold the key, only the first that is set is read.

${table(
  ['Provider', 'Row', 'Switched on by', 'Base URL'],
  rows.map((row) => {
    const { apiKeys, baseUrl, serverUrl } = providerVariables(row)
    const needs = [
      ...(row.base_url === undefined ? [code(serverUrl ?? baseUrl)] : []),
      ...(row.key === 'required' ? [apiKeys.map(code).join(', else ')] : []),
    ]
    return [
      row.title,
      code(row.id),
      needs.join(', '),
      `${code(baseUrl)}${row.base_url ? `, else ${row.base_url}` : ''}`,
    ]
  }),
)}

A row of your own, \`openai-eu\` say, reads OPENAI_EU_API_KEY and OPENAI_EU_BASE_URL. A local row also has a variable
such as LLAMACPP_URL: the address of a server, to which \`/v1\` is added where it has no path.

## The sandbox

It starts by itself when no provider can be called, HOST is loopback, and neither K_SERVICE nor NODE_ENV=production is
set; otherwise \`PROVIDERS=sandbox\` asks for it. Without it and without a provider the gateway runs but is not ready.

## Environment

${table(
  ['Variable', 'Meaning', 'Default'],
  describeVariables().map(({ name, meaning, fallback }) => [
    code(name),
    meaning,
    fallback === null ? '' : code(fallback),
  ]),
)}

## Files

${Object.entries(schemas)
  .map(
    ([name, schema]) =>
      `### config/${name}\n\n${table(['Setting', 'Meaning', 'Type', 'Default'], settingsOf(z.toJSONSchema(schema, { io: 'input' }), ''))}`,
  )
  .join('\n\n')}

## Where the figures come from

Prices, windows and lifecycles: pi-ai (MIT), genai-prices (MIT), the LiteLLM price map (MIT), models.dev (MIT) and the
vendors' pages that they cite; each price names its source and day. Quality priors are percentiles derived from public
leaderboards, with thanks to LMArena, LiveBench and whatmodel.sh; latency priors were measured by Artificial Analysis.
config/models.yaml says how they were derived. They are starting points that the gateway's own measurements correct.
`

const code = (text: string): string => `\`${text}\``

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')

/** One line a setting; `[]` stands for any item of a list, `<name>` for any key of a map. */
const settingsOf = (schema: Schema, prefix: string): string[][] =>
  Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    if (typeof property === 'boolean') return []
    const name = prefix === '' ? key : `${prefix}.${key}`
    const isRequired = schema.required?.includes(key) === true
    const line = [code(name), property.description ?? '', typeOf(property), defaultOf(property, isRequired)]
    return [line, ...nested(property, name)]
  })

const nested = (schema: Schema, name: string): string[][] => {
  if (schema.properties) return settingsOf(schema, name)
  const { items } = schema
  return items && typeof items === 'object' && !Array.isArray(items) ? settingsOf(items, `${name}[]`) : []
}

const typeOf = (schema: Schema): string => {
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(', ')
  const options = schema.anyOf ?? schema.oneOf
  if (options) return options.map(typeOf).join(' or ')
  if (schema.type === 'array') {
    const { items } = schema
    return `list${items && typeof items === 'object' && !Array.isArray(items) && !items.properties ? ` of ${typeOf(items)}` : ''}`
  }
  if (schema.type === 'object') return schema.properties ? 'group' : 'map'
  return schema.format === 'date' ? 'day' : String(schema.type ?? 'any')
}

const defaultOf = (schema: Schema, isRequired: boolean): string => {
  if (isRequired) return 'required'
  const { default: fallback } = schema
  const isGroup = schema.properties !== undefined
  return fallback === undefined || isGroup ? '' : code(JSON.stringify(fallback))
}
