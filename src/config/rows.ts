import type { z } from 'zod'
import { localEmbedder } from '../contract/provider.ts'
import type { ProviderRow, SecretText } from '../contract/provider.ts'
import type { SecretReference } from '../contract/secrets.ts'
import { checkBaseUrl } from './base-url.ts'
import { envProblem, providerVariables, readProviderEnv } from './env.ts'
import type { Env, ProviderEnv, ProviderVariables, Source } from './env.ts'
import type { ConfigFile } from './files.ts'
import type { Problem } from './problem.ts'
import { checkAsked, checkEntries } from './row-checks.ts'
import type { ProviderEntry, providersFile } from './schema/providers.ts'
import { readReference } from './secret-reference.ts'
import { createSecret } from './secrets.ts'

/** What a row is whether or not it can be called. */
export type RowTemplate = Omit<ProviderRow, 'baseUrl' | 'keys' | 'simulated'>

/** A row as list_providers shows it: what to set where it cannot be called. */
export interface KnownProvider {
  id: string
  title: string
  configured: boolean
  /** Variables that may hold its key, the first that is set counts; empty where it takes none. */
  keyEnv: readonly string[]
  /** Variable that says where its API is. */
  baseUrlEnv: string
  /** Why it cannot be called and what to do; null when it can. */
  reason: string | null
  template: RowTemplate
}

/** A row whose keys may still lie elsewhere. */
export type ConfiguredRow = Omit<ProviderRow, 'keys'> & { keys: readonly (SecretText | SecretReference)[] }

interface RowsRead {
  rows: ConfiguredRow[]
  /** The gateway's own embedding model, where it is switched on: never the reason for a gateway to be ready. */
  localRow: ConfiguredRow | null
  known: KnownProvider[]
  problems: Problem[]
}

/** Joins config/providers.yaml with the keys and URLs of the environment. */
export const readRows = (file: ConfigFile<z.infer<typeof providersFile>>, env: Env, source: Source): RowsRead => {
  const entries = file.value?.providers ?? []
  const read: RowsRead = { rows: [], localRow: null, known: [], problems: checkEntries(file, entries) }
  for (const [index, entry] of entries.entries()) {
    const tellInFile: Tell = (problem, advice) => file.problem(['providers', index, 'base_url'], problem, advice)
    const { row, known, problems } = readRow({ entry, env, source, tellInFile })
    if (row?.dialect === localEmbedder) read.localRow = row
    else if (row) read.rows.push(row)
    read.known.push(known)
    read.problems.push(...problems)
  }
  if (file.value) read.problems.push(...checkAsked(env.PROVIDERS ?? [], read.known))
  return read
}

type Tell = (problem: string, advice: string) => Problem

const readRow = (options: {
  entry: ProviderEntry
  env: Env
  source: Source
  tellInFile: Tell
}): { row: ConfiguredRow | null; known: KnownProvider; problems: Problem[] } => {
  const { entry, env, source, tellInFile } = options
  const template = templateOf(entry)
  const variables = providerVariables(entry)
  const isHere = entry.dialect === localEmbedder
  const given = isHere ? nothingGiven : readProviderEnv(source, variables)
  const { baseUrl, problems } = isHere ? { baseUrl: '', problems: [] } : readBaseUrl(given, entry, env, tellInFile)
  const { keys, problem } = readKeys(given)
  if (problem) problems.push(problem)

  const reason =
    isHere && env.EMBEDDER === 'none'
      ? 'EMBEDDER=none switches it off.'
      : reasonAgainst({ entry, variables, given, baseUrl, asked: env.PROVIDERS })
  return {
    row: reason === null && baseUrl !== null ? { ...template, baseUrl, keys, simulated: false } : null,
    known: {
      id: entry.id,
      title: entry.title,
      configured: reason === null,
      keyEnv: entry.auth === 'none' ? [] : variables.apiKeys,
      baseUrlEnv: variables.serverUrl ?? variables.baseUrl,
      reason,
      template,
    },
    problems,
  }
}

/** The keys themselves, or where they lie; and what is wrong with the first that cannot be one. */
const readKeys = ({ keys: texts, keyVariable }: ProviderEnv) => {
  const read = [...new Set(texts)].map((text) => readReference(text) ?? readText(text))
  const faulty = read.find((key) => key.kind === 'faulty')
  return {
    keys: read.flatMap((key) => (key.kind === 'faulty' ? [] : [key.kind === 'text' ? key.secret : key])),
    problem: faulty && keyVariable !== null ? envProblem(keyVariable, faulty.problem, faulty.advice) : null,
  }
}

const readText = (text: string) =>
  /^[\x21-\x7e]+$/.test(text)
    ? ({ kind: 'text', secret: createSecret(text) } as const)
    : ({ kind: 'faulty', problem: 'holds a blank or a sign that no key has', advice: 'copy the key again' } as const)

/** Of what runs in the gateway's own process. */
const nothingGiven: ProviderEnv = { keys: [], keyVariable: null, address: null }

/** The environment's address goes before the file's. */
const readBaseUrl = (
  { address }: ProviderEnv,
  entry: ProviderEntry,
  env: Env,
  tellInFile: Tell,
): { baseUrl: string | null; problems: Problem[] } => {
  const text = address?.text ?? entry.base_url
  if (text === undefined) return { baseUrl: null, problems: [] }
  const checked = checkBaseUrl(text, env)
  if ('url' in checked) return { baseUrl: checked.url, problems: [] }
  const { problem, advice } = checked
  return {
    baseUrl: null,
    problems: [address ? envProblem(address.variable, problem, advice) : tellInFile(problem, advice)],
  }
}

/** Why the row cannot be called and what to do; null when it can. */
const reasonAgainst = (options: {
  entry: ProviderEntry
  variables: ProviderVariables
  given: ProviderEnv
  baseUrl: string | null
  asked: readonly string[] | undefined
}): string | null => {
  const { entry, variables, given, baseUrl, asked } = options
  if (asked?.includes(entry.id) === false) return 'Left out by PROVIDERS.'
  if (baseUrl === null) return `Set ${variables.serverUrl ?? variables.baseUrl}.`
  return entry.key === 'required' && given.keys.length === 0 ? `Set ${variables.apiKeys.join(' or ')}.` : null
}

const templateOf = (entry: ProviderEntry): RowTemplate => ({
  id: entry.id,
  title: entry.title,
  dialect: entry.dialect,
  // A row that speaks nothing but Responses needs no second wire for tools.
  toolsDialect: entry.tools_dialect ?? (entry.dialect === 'openai-responses' ? entry.dialect : undefined),
  auth: entry.auth,
  headers: entry.headers,
  local: entry.local,
  takesTraceContext: entry.trace_context ?? entry.local,
  uncharted: entry.uncharted === 'allowed',
  autoPromptCaching: entry.prompt_caching === 'auto',
  maxConcurrent: entry.max_concurrent,
  timeouts: {
    connectMs: entry.timeouts.connect_ms,
    firstByteMs: entry.timeouts.first_byte_ms,
    stallMs: entry.timeouts.stall_ms,
  },
  wire: {
    usageInStreaming: entry.flags.usage_in_streaming,
    jsonSchema: entry.flags.json_schema,
    openaiExtras: entry.flags.openai_extras,
    openrouterExtras: entry.flags.openrouter_extras,
    seedField: entry.flags.seed_field,
    penalties: entry.flags.penalties,
    multipleChoices: entry.flags.multiple_choices,
    nativeParts: entry.flags.native_parts,
    callExtras: entry.flags.call_extras,
    dimensionsField: entry.flags.dimensions_field,
  },
})
