import { envProblem, sandboxName } from './env.ts'
import { suggestion } from './explain.ts'
import type { ConfigFile } from './files.ts'
import type { Problem } from './problem.ts'
import type { ProviderEntry } from './schema/providers.ts'

/** Ids are unique and free, and `models_of` names a row with models of its own. */
export const checkEntries = (file: ConfigFile<unknown>, entries: readonly ProviderEntry[]): Problem[] => {
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
export const checkAsked = (
  asked: readonly string[],
  known: readonly { id: string; reason: string | null }[],
): Problem[] =>
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
