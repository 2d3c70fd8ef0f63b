import { tasks } from '../contract/plan.ts'
import type { Task, TaskGuess } from '../contract/plan.ts'
import { createLru } from '../lib/lru.ts'
import { cues } from './cues/index.ts'
import { readForm } from './form.ts'
import type { Question } from './question.ts'

/** Guesses the kind of work. The router takes any such function; this file's knows words and structure only. */
export type Classify = (question: Question) => TaskGuess

/** How often a task is asked for when nothing gives it away, in nats: questions and talk are most of what people type. */
const priors: Partial<Record<Task, number>> = { chat: 1, qa: 0.8 }

/** A cue inside the material says less than one in the first or last line. */
const materialShare = 0.4
/** A system prompt says what the assistant is for, not what this request wants. */
const systemShare = 0.4
/** What the conversation was about, where the last text does not say by itself. */
const earlierShare = 0.6
/** Evidence below this leaves a short text open to what came before it. */
const decisive = 2
const followUpChars = 160

/** Evidence is divided by this before it becomes a probability; fitted so that confidence is the share of right guesses. */
const temperature = 0.9

/** How many signals are told. */
const signalsTold = 4

interface Evidence {
  task: Task
  weight: number
  signal: string
}

/**
 * Guesses the task from words and structure: each cue found adds its weight to its task, and the sums become
 * probabilities by softmax. The same question always gives the same guess.
 */
export const classifyLexically: Classify = (question) => {
  const own = [...findCues(question.edges, question.ask), ...readForm(question)]
  const isOpen = question.chars <= followUpChars && Math.max(0, ...Object.values(sum(own))) < decisive
  const evidence = [
    ...own,
    ...findSystemCues(question.system),
    ...(isOpen ? share(findCues(question.earlier, ''), earlierShare, 'earlier turn') : []),
  ]
  const totals = sum(evidence)
  const scores = tasks.map((task) => ({ task, score: (totals[task] ?? 0) + (priors[task] ?? 0) }))
  const best = scores.reduce((left, right) => (right.score > left.score ? right : left))
  const mass = scores.reduce((total, { score }) => total + Math.exp((score - best.score) / temperature), 0)
  return { task: best.task, confidence: 1 / mass, signals: tell(evidence, best.task) }
}

const findCues = (edges: string, material: string): Evidence[] => {
  if (edges === '') return []
  return cues.flatMap(({ task, weight, signal, pattern }) => {
    if (pattern.test(edges)) return [{ task, weight, signal }]
    return material.length > edges.length && pattern.test(material)
      ? [{ task, weight: weight * materialShare, signal }]
      : []
  })
}

/** A program sends the same system prompt with every request. */
const systemCues = createLru<string, readonly Evidence[]>({ max: 500 })

const findSystemCues = (system: string): readonly Evidence[] =>
  systemCues.get(system, () => share(findCues(system, ''), systemShare, 'system prompt'))

const share = (evidence: readonly Evidence[], part: number, source: string): Evidence[] =>
  evidence.map(({ task, weight, signal }) => ({ task, weight: weight * part, signal: `${source} ${signal}` }))

const sum = (evidence: readonly Evidence[]): Partial<Record<Task, number>> => {
  const totals: Partial<Record<Task, number>> = {}
  for (const { task, weight } of evidence) totals[task] = (totals[task] ?? 0) + weight
  return totals
}

const tell = (evidence: readonly Evidence[], task: Task): string[] => {
  const signals = evidence
    .filter((found) => found.task === task)
    .toSorted((left, right) => right.weight - left.weight)
    .map(({ signal }) => signal)
  return signals.length === 0 ? ['nothing points to a task'] : [...new Set(signals)].slice(0, signalsTold)
}
