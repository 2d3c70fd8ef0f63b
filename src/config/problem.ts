/** One thing that is wrong with the configuration, and the way out. */
export interface Problem {
  /** File as people know it, e.g. `config/models.yaml`; `environment` for variables. */
  file: string
  line: number | null
  /** Setting at fault, e.g. `families[0].models[3].context`. */
  key: string
  problem: string
  /** What to do. */
  advice: string
}

const formatProblem = ({ file, line, key, problem, advice }: Problem): string =>
  `${file}${line === null ? '' : `:${line}`}: ${key}: ${problem}: ${advice}`

/** Everything that is wrong with the configuration, all at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    super([`The configuration has ${count}:`, ...problems.map(formatProblem)].join('\n  '))
    this.problems = problems
  }
}
