import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { tasks } from '../../src/contract/plan.ts'
import type { Task } from '../../src/contract/plan.ts'
import { chatRequest } from '../routing/support.ts'
import type { Classify } from '../../src/routing/classify.ts'
import { readQuestion } from '../../src/routing/question.ts'

/** A prompt and the task that its source says it is. */
export interface LabelledPrompt {
  text: string
  task: Task
  source: string
}

export const defaultDataDir = resolve(import.meta.dirname, '../../../shared/data')

/** Null where the evaluation data is not there. */
export const readTaskData = (dir: string): { labelled: LabelledPrompt[]; benchmarks: LabelledPrompt[] } | null => {
  const labelled = join(dir, 'tasks/labelled.jsonl')
  const queries = join(dir, 'tasks/llmrouter-queries.jsonl')
  if (!existsSync(labelled) || !existsSync(queries)) return null
  return {
    labelled: readLines(labelled, z.object({ text: z.string(), task: z.enum(tasks), source: z.string() })),
    benchmarks: readLines(queries, z.object({ query: z.string(), task_name: z.string() })).flatMap(
      ({ query, task_name: source }) => {
        const task = taskOfBenchmark[source]
        return task === undefined ? [] : [{ text: query, task, source }]
      },
    ),
  }
}

/** `gpqa` is left out (knowledge or reasoning?), and `commongen`, whose prompts are bare lists of words. */
const taskOfBenchmark: Readonly<Record<string, Task>> = {
  mbpp: 'code',
  human_eval: 'code',
  gsm8k: 'math',
  math: 'math',
  'agentverse-mgsm': 'math',
  'agentverse-logicgrid': 'reasoning',
  natural_qa: 'qa',
  trivia_qa: 'qa',
  commonsense_qa: 'qa',
  openbook_qa: 'qa',
  arc_challenge: 'qa',
  mmlu: 'qa',
}

/** The classifier was written while looking at the half whose text hashes to an even first byte, never at the other. */
export const isHeldOut = ({ text }: LabelledPrompt): boolean =>
  ((createHash('sha256').update(text).digest()[0] ?? 0) & 1) === 1

/**
 * T0's prompts come from templates, and the same template is in both halves; GSM8K and HumanEval are each of one kind.
 * What is left was typed into chat services.
 */
export const isFreelyWritten = ({ source }: LabelledPrompt): boolean =>
  ['arena-hard-v2', 'mt-bench', 'vicuna'].includes(source)

export interface Verdict {
  task: Task
  confidence: number
}

export interface Result {
  prompts: number
  accuracy: number
  /** Mean of the accuracies by task. */
  macroAccuracy: number
  byTask: Partial<Record<Task, { prompts: number; accuracy: number }>>
  /** How often each task (first key) was taken for each (second key). */
  confusion: Partial<Record<Task, Partial<Record<Task, number>>>>
  /** Mean distance between confidence and share of right guesses, over ten bins weighted by their size. */
  calibrationError: number
}

export const evaluate = (prompts: readonly LabelledPrompt[], judge: (text: string) => Verdict): Result => {
  const verdicts = prompts.map(({ text, task }) => ({ truth: task, ...judge(text) }))
  const confusion: Result['confusion'] = {}
  for (const { truth, task } of verdicts) {
    const row = (confusion[truth] ??= {})
    row[task] = (row[task] ?? 0) + 1
  }
  const shareRight = (some: readonly (Verdict & { truth: Task })[]): number =>
    some.filter(({ truth, task }) => truth === task).length / some.length
  const present = tasks.filter((task) => confusion[task] !== undefined)
  const byTask: Result['byTask'] = {}
  for (const task of present) {
    const own = verdicts.filter(({ truth }) => truth === task)
    byTask[task] = { prompts: own.length, accuracy: shareRight(own) }
  }
  const bins = Map.groupBy(verdicts, ({ confidence }) => Math.min(9, Math.floor(confidence * 10)))
  const calibrationError = [...bins.values()].reduce((error, bin) => {
    const meanConfidence = bin.reduce((total, { confidence }) => total + confidence, 0) / bin.length
    return error + (Math.abs(meanConfidence - shareRight(bin)) * bin.length) / verdicts.length
  }, 0)
  return {
    prompts: prompts.length,
    accuracy: shareRight(verdicts),
    macroAccuracy: present.reduce((total, task) => total + (byTask[task]?.accuracy ?? 0), 0) / present.length,
    byTask,
    confusion,
    calibrationError,
  }
}

export const judgeWith =
  (classify: Classify) =>
  (text: string): Verdict =>
    classify(readQuestion(chatRequest({ text })))

/** Always the commonest task of what it was shown. */
export const majorityJudge = (shown: readonly LabelledPrompt[]): ((text: string) => Verdict) => {
  const counts = Map.groupBy(shown, ({ task }) => task)
  const [task = 'chat'] = [...counts]
    .toSorted(([, left], [, right]) => right.length - left.length)
    .map(([name]) => name)
  return () => ({ task, confidence: (counts.get(task)?.length ?? 0) / shown.length })
}

/** What a first evening's work looks like: one list of words a task, the first list with a hit wins. */
export const naiveJudge = (text: string): Verdict => {
  const lower = text.toLowerCase()
  const hit = naiveWords.find(([, list]) => list.some((word) => lower.includes(word)))
  return { task: hit?.[0] ?? 'chat', confidence: hit ? 0.7 : 0.3 }
}

const naiveWords: readonly (readonly [Task, readonly string[]])[] = [
  ['code', ['code', 'function', 'python', 'javascript', 'def ', 'class ', 'debug', 'sql']],
  ['math', ['calculate', 'solve', 'equation', 'how many', 'how much', 'integral', 'prove']],
  ['summarization', ['summarize', 'summary', 'tl;dr', 'key points']],
  ['translation', ['translate', 'translation']],
  ['classification', ['classify', 'category', 'sentiment', 'positive or negative']],
  ['extraction', ['extract', 'list all', 'json']],
  ['rewrite', ['rewrite', 'rephrase', 'paraphrase']],
  ['creative', ['write a', 'story', 'poem', 'song', 'imagine']],
  ['reasoning', ['step by step', 'why', 'logic', 'puzzle']],
  ['qa', ['?', 'what', 'who', 'when', 'where', 'explain']],
]

const readLines = <Row>(file: string, row: z.ZodType<Row>): Row[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => row.parse(JSON.parse(line)))
