import type { z } from 'zod'
import type { ProviderRow } from '../contract/provider.ts'
import { checkBaseUrl } from './base-url.ts'
import { envProblem, providerVariables, readProviderEnv, sandboxName } from './env.ts'
import type { Env, Source } from './env.ts'
import { suggestion } from './explain.ts'
import type { ConfigFile } from './files.ts'
import type { Problem } from './problem.ts'
import type { ProviderEntry, providersFile } from './schema/providers.ts'
import { createSecret } from './secrets.ts'

/** What a row is whether or not it can be called. */
export type RowTemplate = Omit<ProviderRow, 'baseUrl' | 'keys' | 'simulated'>

/** A row as list_providers shows it: what to set where it cannot be called. */
export interface KnownProvider {
  id: string
  title: string
  configured: boolean
  /** Variables that hold its key; empty where it takes none. */
  keyEnv: readonly string[]
  /** Variable that says where its API is. */
  baseUrlEnv: string
  /** Why it cannot be called and what to do; null when it can. */
  reason: string | null
  template: RowTemplate
}

interface RowsRead {
  rows: ProviderRow[]
  known: KnownProvider[]
  problems: Problem[]
}

/** Joins config/providers.yaml with the keys and URLs of the environment. */
export const readRows = (file: ConfigFile<z.infer<typeof providersFile>>, env: Env, source: Source): RowsRead => {
  const entries = file.value?.providers ?? []
  const read: RowsRead = { rows: [], known: [], problems: [...checkEntries(file, entries)] }
  for (const [index, entry] of entries.entries()) {
    const { row, known, problems } = readRow({ entry, env, source, at: ['providers', index, 'base_url'], file })
    if (row) read.rows.push(row)
    read.known.push(known)
    read.problems.push(...problems)
  }
  if (file.value) read.problems.push(...checkAsked(env.PROVIDERS ?? [], read.known))
  return read
}

const readRow = (options: {
  entry: ProviderEntry
  env: Env
  source: Source
  file: ConfigFile<unknown>
  at: readonly PropertyKey[]
}): { row: ProviderRow | null; known: KnownProvider; problems: Problem[] } => {
  const { entry, env, source, file, at } = options
  const template = templateOf(entry)
  const variables = providerVariables(entry)
  const given = readProviderEnv(source, variables)
  const problems: Problem[] = []

  const readUrl = (text: string | null | undefined, toProblem: (problem: string, advice: string) => Problem) => {
    if (!text) return null
    const checked = checkBaseUrl(text, env)
    if ('url' in checked) return checked.url
    problems.push(toProblem(checked.problem, checked.advice))
    return null
  }
  const baseUrl =
    readUrl(given.baseUrl, (problem, advice) => envProblem(variables.baseUrl, problem, advice)) ??
    withApiPath(
      readUrl(given.serverUrl, (problem, advice) => envProblem(variables.serverUrl ?? '', problem, advice)),
    ) ??
    readUrl(entry.base_url, (problem, advice) => file.problem(at, problem, advice))

  if (given.keys.some((key) => !/^[\x21-\x7e]+$/.test(key)))
    problems.push(envProblem(variables.apiKey, 'holds a blank or a sign that no key has', 'copy the key again'))

  const reason = reasonNot({ isLeftOut: env.PROVIDERS?.includes(entry.id) === false, entry, baseUrl, given, variables })
  const known: KnownProvider = {
    id: entry.id,
    title: entry.title,
    configured: reason === null,
    keyEnv: entry.auth === 'none' ? [] : [variables.apiKey],
    baseUrlEnv: variables.serverUrl ?? variables.baseUrl,
    reason,
    template,
  }
  const keys = [...new Set(given.keys)].map(createSecret)
  const row = reason === null && baseUrl !== null ? { ...template, baseUrl, keys, simulated: false } : null
  return { row, known, problems }
}

const reasonNot = (options: {
  isLeftOut: boolean
  entry: ProviderEntry
  baseUrl: string | null
  given: { keys: readonly string[] }
  variables: { apiKey: string; baseUrl: string; serverUrl: string | null }
}): string | null => {
  const { isLeftOut, entry, baseUrl, given, variables } = options
  if (isLeftOut) return 'Left out by PROVIDERS.'
  if (baseUrl === null) return `Set ${variables.serverUrl ?? variables.baseUrl}.`
  return entry.key === 'required' && given.keys.length === 0 ? `Set ${variables.apiKey}.` : null
}

/** Local servers are named by their address alone: their OpenAI-shaped API is under /v1. */
const withApiPath = (url: string | null): string | null => (url && new URL(url).pathname === '/' ? `${url}/v1` : url)

const templateOf = (entry: ProviderEntry): RowTemplate => ({
  id: entry.id,
  title: entry.title,
  dialect: entry.dialect,
  auth: entry.auth,
  headers: entry.headers,
  local: entry.local,
  uncharted: entry.uncharted === 'allowed',
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
    multipleChoices: entry.flags.multiple_choices,
    nativeParts: entry.flags.native_parts,
  },
})

const checkEntries = (file: ConfigFile<unknown>, entries: readonly ProviderEntry[]): Problem[] => {
  const ids = entries.map(({ id }) => id)
  return entries.flatMap(({ id, models_of: base }, index) => {
    const at = ['providers', index] as const
    const problems: Problem[] = []
    if (ids.indexOf(id) !== index)
      problems.push(file.problem([...at, 'id'], `"${id}" is there twice`, 'give each row an id of its own'))
    if (id === sandboxName || id === 'auto')
      problems.push(file.problem([...at, 'id'], `"${id}" has a meaning of its own`, 'choose another id'))
    if (base !== undefined && !entries.some((entry) => entry.id === base && entry.models_of === undefined))
      problems.push(
        file.problem([...at, 'models_of'], `"${base}" is no row with models of its own`, suggestion(base, ids)),
      )
    return problems
  })
}

/** A row that PROVIDERS asks for must be there and complete. */
const checkAsked = (asked: readonly string[], known: readonly KnownProvider[]): Problem[] =>
  asked.flatMap((id) => {
    if (id === sandboxName) {
      const others = asked.filter((other) => other !== sandboxName)
      return others.length === 0
        ? []
        : [envProblem('PROVIDERS', 'the sandbox stands in for every provider', `drop it, or drop ${others.join(', ')}`)]
    }
    const found = known.find((provider) => provider.id === id)
    if (!found)
      return [
        envProblem(
          'PROVIDERS',
          `"${id}" is no row of config/providers.yaml`,
          suggestion(
            id,
            known.map((row) => row.id),
          ),
        ),
      ]
    return found.reason === null ? [] : [envProblem('PROVIDERS', `"${id}" cannot be called`, found.reason)]
  })
