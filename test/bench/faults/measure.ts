import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import type { Json } from '../../../src/contract/json.ts'
import { at } from '../../support/json.ts'
import { ask } from './ask.ts'
import type { Contender } from './contender.ts'
import { describeOutcome, judge } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { situationsFor } from './situations.ts'
import type { Patience, Situation } from './situations.ts'

/** Where the fault is: at the first of the two deployments, or at both. */
export const scopes = ['first', 'both'] as const
export type Scope = (typeof scopes)[number]

export interface Row {
  situation: string
  stream: Outcome
  plain: Outcome
}

/** What one gateway made of all situations. */
export interface Column {
  name: string
  version: string
  rows: Record<Scope, readonly Row[]>
}

type Stage = {
  sandbox: Pick<Sandbox, 'requests' | 'setFault'>
  contender: Contender
  patience: Patience
  whole: string
}

/**
 * Puts a gateway through every situation, each with a fault that lasts.
 * @throws Error where it does not answer without a fault, or does not ask the deployment that has one
 */
export const measure = async (options: Omit<Stage, 'whole'>): Promise<Column> => {
  const stage = { ...options, whole: await wholeAnswer(options) }
  const { name, version } = options.contender
  const rows: Column['rows'] = { first: [], both: [] }
  for (const scope of scopes) {
    const measured: Row[] = []
    for (const situation of situationsFor(options.patience)) {
      const [stream, plain] = [await meet(stage, situation, scope, true), await meet(stage, situation, scope, false)]
      measured.push({ situation: situation.name, stream, plain })
    }
    rows[scope] = measured
  }
  return { name, version, rows }
}

/** The answer when nothing goes wrong; by it all others are judged. */
const wholeAnswer = async ({ contender, patience }: Omit<Stage, 'whole'>): Promise<string> => {
  await using door = await contender.open()
  const plain = await ask(door, false, patience.callerMs)
  const whole = contentOf(plain.text)
  const stream = judge(await ask(door, true, patience.callerMs), true, whole)
  if (stream.kind !== 'answered') throw new Error(`${contender.name} does not stream: ${describeOutcome(stream)}`)
  return whole
}

const contentOf = (text: string): string => {
  const body: Json = JSON.parse(text)
  const content = at(body, 'choices', 0, 'message', 'content')
  if (typeof content !== 'string') throw new Error(`There is no answer: ${text}`)
  return content
}

const meet = async (stage: Stage, { name, fault }: Situation, scope: Scope, stream: boolean): Promise<Outcome> => {
  const { sandbox, contender, patience, whole } = stage
  const [first, second] = contender.rows
  const lift = [first, ...(scope === 'both' ? [second] : [])].map((row) => sandbox.setFault({ row }, fault))
  const before = sandbox.requests.length
  try {
    await using door = await contender.open()
    const outcome = judge(await ask(door, stream, patience.callerMs), stream, whole)
    const asked = sandbox.requests.slice(before).filter(({ row }) => contender.rows.includes(row))
    if (asked[0]?.row !== first) throw new Error(`${contender.name} did not meet "${name}".`)
    const wasElsewhere = outcome.kind === 'answered' && asked.at(-1)?.row === second
    return wasElsewhere ? { kind: 'answered elsewhere' } : outcome
  } finally {
    for (const end of lift) end()
  }
}

const titles: Record<Scope, string> = {
  first: 'One of two deployments fails',
  both: 'Both deployments fail',
}

/** The columns side by side, as Markdown. */
export const tables = (columns: readonly Column[]): string =>
  scopes
    .map((scope) => {
      const heads = columns.flatMap(({ name }) => [`${name}, stream`, `${name}, plain`])
      const lines = (columns[0]?.rows[scope] ?? []).map(({ situation }, index) => [
        situation,
        ...columns.flatMap(({ rows }) => cellsOf(rows[scope][index])),
      ])
      return `### ${titles[scope]}\n\n${table([['the provider', ...heads], ...lines])}\n`
    })
    .join('\n')

export const cellsOf = (row: Row | undefined): string[] =>
  row === undefined ? ['', ''] : [describeOutcome(row.stream), describeOutcome(row.plain)]

const table = ([head = [], ...lines]: readonly (readonly string[])[]): string => {
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((cells) => cells[column]?.length ?? 0)))
  const lay = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [lay(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...lines.map(lay)].join('\n')
}
