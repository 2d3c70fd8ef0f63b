import type { JsonObject } from '../contract/json.ts'
import type { Answer } from './answer.ts'
import type { CountTokens } from './cut.ts'
import type { Embedded } from './embed.ts'
import type { Prompt } from './prompt.ts'
import type { Reply, SseEvent } from './score.ts'

/** Something the sandbox refuses, before a wire gives it its shape. */
export interface Problem {
  status: number
  message: string
  /** The field at fault, where one is. */
  param?: string | undefined
  /** OpenAI's code for it; other wires have none. */
  code?: string | undefined
  headers?: Readonly<Record<string, string>>
}

/** A request that the sandbox refuses as the real provider would. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

/** A request that was understood, and how its answer is written. */
export interface Asked {
  prompt: Prompt
  reply(answer: Answer): Reply
}

export interface SandboxModel {
  id: string
  /** Listed under this row only; unset: under every row. */
  row?: string
}

/** One of the formats that the sandbox speaks. */
export interface Wire {
  requestIdHeader: string
  /** `path` names what a body does not: Gemini's model. @throws Refused with 400 for a body that the vendor would refuse */
  read(body: unknown, path: string): Asked
  /** Vectors, where the wire has them. @throws Refused as `read` */
  embed?(body: unknown, path: string, countTokens: CountTokens): Embedded
  /** @throws Refused with 401, or 400 for another missing header */
  checkHeaders(headers: Readonly<Record<string, string>>): void
  listModels(models: readonly SandboxModel[], createdAtMs: number): Reply
  problem(problem: Problem): Reply
  /** The event that reports a failure in the middle of a stream. */
  problemEvent(problem: Problem): SseEvent
  /** What the vendor says when the account is out of credit. */
  outOfCredit: Problem
}

export const json = (status: number, body: JsonObject, headers: Readonly<Record<string, string>> = {}): Reply => ({
  shape: 'whole',
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body,
})

export const stream = (events: readonly SseEvent[]): Reply => ({
  shape: 'stream',
  status: 200,
  headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
  events,
})
