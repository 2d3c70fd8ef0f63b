import type { Task } from '../contract/plan.ts'
import type { Question } from './question.ts'

interface Form {
  task: Task
  weight: number
  signal: string
}

/** Reads the task from how a request is built, whatever its language. */
export const readForm = (question: Question): Form[] =>
  rules.filter(({ holds }) => holds(question)).map(({ task, weight, signal }) => ({ task, weight, signal }))

interface FormRule extends Form {
  holds: (question: Question) => boolean
}

const has =
  (pattern: RegExp): FormRule['holds'] =>
  ({ sample }) =>
    pattern.test(sample)

const rules: readonly FormRule[] = [
  { task: 'code', weight: 2.5, signal: 'has a fenced code block', holds: has(/```/) },
  {
    task: 'code',
    weight: 5.5,
    signal: 'has lines of code',
    holds: ({ sample }) => countLines(sample, codeLine) >= 2,
  },
  {
    task: 'code',
    weight: 3,
    signal: 'has markup',
    holds: has(/<[a-z]{1,12} [a-z-]{1,20}=["'{]|<\/[a-z]{1,12}>|\\(?:usepackage|document|tableofcontents)/i),
  },
  {
    task: 'code',
    weight: 4.5,
    signal: 'has a stack trace or a prompt',
    holds: has(/^(?:Traceback |[ \t]+at \w[^\n]{0,80}:\d+|\w*(?:Error|Exception): |[\w@~:/ -]{1,40}[$#] \w)/m),
  },
  {
    task: 'code',
    weight: 1,
    signal: 'names identifiers',
    holds: has(/\b[a-z]+(?:_[a-z]+)+\b|\b[a-z]+[A-Z][a-z]+\w*\b|\w\(\)/),
  },
  {
    task: 'math',
    weight: 3,
    signal: 'has mathematical notation',
    holds: has(
      /\\(?:frac|sum|int|sqrt|begin|cdot|angle|mathbf|boxed|times|leq?|geq?)\b|\$[^\s$][^$\n]{0,40}[\\^_={}][^$\n]{0,40}\$|[∑∫√≤≥∈∀∃π∞]/,
    ),
  },
  { task: 'math', weight: 2, signal: 'has a formula', holds: has(/[\dxyzn)]\s{0,2}[=+*^×÷]\s{0,2}[\dxyzna(-]/) },
  { task: 'math', weight: 2.5, signal: 'tells a story in numbers', holds: (question) => isWordProblem(question) },
  {
    task: 'reasoning',
    weight: 6,
    signal: 'lists clues',
    holds: has(/^[ \t]*(?:clues?|premises?|constraints)(?:\(s\))?[ \t]*:/im),
  },
  { task: 'qa', weight: 2.5, signal: 'leaves a blank', holds: has(/_ ?_|\s_\s/) },
  { task: 'qa', weight: 2, signal: 'offers choices', holds: ({ sample }) => countLines(sample, choiceLine) >= 2 },
  { task: 'qa', weight: 0.7, signal: 'ends with a question mark', holds: has(/[?？]\s*$/) },
  { task: 'summarization', weight: 1.5, signal: 'brings a long text', holds: ({ chars }) => chars > 6_000 },
  { task: 'extraction', weight: 2, signal: 'wants JSON', holds: ({ wantsJson }) => wantsJson },
  { task: 'extraction', weight: 1, signal: 'shows an image', holds: ({ hasImages }) => hasImages },
]

/** Lines that begin, or end, as only code does. */
const codeLine =
  /^\s*(?:def |class \w+[:({ ]|import \w|from \w+ import|#include|(?:public|private|static|const|let|var|fn|func|function|local|return)\b.{0,80}[;{(=]|if ?\(.{0,80}\{|for ?\(.{0,80}\{|<\/?[a-z]{1,12}[ >]|SELECT .{0,80}FROM|\}|@\w+)|[;{]\s*$|"""/

const choiceLine = /^\s*(?:[-•*] .{1,60}$|\(?[A-Ea-e][).:] ?\S)/

const countLines = (text: string, pattern: RegExp): number =>
  text.split('\n').filter((line) => pattern.test(line)).length

const amounts =
  /\d[\d.,]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|dozen|twenty|hundred|half|twice|third|quarter)\b/gi

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

/** Prose of some length with three numbers or more that asks for one. */
const isWordProblem = ({ sample, chars }: Question): boolean =>
  chars < 900 &&
  /[?？]|\b(?:find|calculate|determine)\b/i.test(sample) &&
  count(sample, /\b(?!(?:19|20)\d\d\b)\d[\d.,]*/g) >= 2 &&
  count(sample, amounts) >= 3
