import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { z } from 'zod'
import { once } from '../lib/once.ts'
import { explainIssues } from './explain.ts'
import { openKeptData } from './kept-data.ts'
import type { KeptData } from './kept-data.ts'
import type { Problem } from './problem.ts'
import { parseYaml } from './yaml-document.ts'

/** One YAML file, read and checked. */
export interface ConfigFile<T> {
  /** Null where the file is not valid: `problems` says why. */
  value: T | null
  problems: readonly Problem[]
  /** A problem found later, by comparing: shown at the line of the setting at `at`. */
  problem(at: readonly PropertyKey[], problem: string, advice: string): Problem
}

/**
 * Reads `<name>` of the operator's directory, or the shipped one where the operator's has none, so that a directory
 * needs to hold only what differs. What a shipped one says is kept in `keptDir`.
 */
export const readConfigFile = <T>(options: {
  name: string
  configDir: string
  shippedDir: string
  keptDir: string
  schema: z.ZodType<T>
}): ConfigFile<T> => {
  const { name, configDir, shippedDir, keptDir, schema } = options
  const [own, shipped] = [path.join(configDir, name), path.join(shippedDir, name)]
  const filePath = existsSync(own) ? own : shipped
  const shownAs = path.relative(path.dirname(shippedDir), filePath)
  // An operator's own is not copied to where he does not look for it.
  const kept = filePath === shipped ? openKeptData(path.join(keptDir, `${name}.json`)) : null
  try {
    return parseConfigFile({ text: readFileSync(filePath, 'utf8'), shownAs, schema, kept })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    return unreadable(shownAs, error.message)
  }
}

const unreadable = (file: string, reason: string): ConfigFile<never> => {
  const problem: ConfigFile<never>['problem'] = (at, what, advice) => ({
    file,
    line: null,
    key: formatPath(at),
    problem: what,
    advice,
  })
  const advice = 'let the user who runs the gateway read it, or take it away for the shipped one'
  return { value: null, problems: [problem([], `cannot be read (${reason})`, advice)], problem }
}

/** Parses the text of a YAML file; every fault has its line. */
export const parseConfigFile = <T>(options: {
  text: string
  shownAs: string
  schema: z.ZodType<T>
  kept?: KeptData | null
}): ConfigFile<T> => {
  const { text, shownAs, schema, kept = null } = options
  // Only where the text is not known, and to say where in it something is wrong.
  const document = once(() => parseYaml(text))
  const problem = (at: readonly PropertyKey[], what: string, advice: string): Problem => ({
    file: shownAs,
    line: document().lineOf(at),
    key: formatPath(at),
    problem: what,
    advice,
  })

  const known = kept?.read(text)
  const errors = known === undefined ? document().errors : []
  if (errors.length > 0) {
    const problems = errors.map(({ message, line }) => ({
      file: shownAs,
      line,
      key: 'YAML',
      problem: message,
      advice: 'correct the syntax',
    }))
    return { value: null, problems, problem }
  }

  const data = known ?? document().data()
  if (known === undefined) kept?.keep(text, data)
  const parsed = schema.safeParse(data)
  if (parsed.success) return { value: parsed.data, problems: [], problem }
  const problems = explainIssues(schema, parsed.error.issues).map((found) =>
    problem(found.path, found.problem, found.advice),
  )
  return { value: null, problems, problem }
}

const formatPath = (at: readonly PropertyKey[]): string =>
  at.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`)).join('') ||
  'file'
