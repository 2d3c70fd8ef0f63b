import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import type { JsonObject } from '../../src/contract/json.ts'
import type { Fault } from '../../src/sandbox/fault.ts'
import type { SandboxRequest } from '../../src/sandbox/journal.ts'
import { openSandbox, type Direction, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { frame, type Step } from '../../src/sandbox/score.ts'
import type { Gate } from './gate.ts'

/** What the upstream does with one request. */
export type Act =
  /** Answers as the sandbox does. */
  | 'honest'
  /** Answers as the sandbox does, with a fault in it. */
  | Fault
  /** Answers with this. An object is sent as JSON; pieces go out one write each, and a gate among them waits for the test. */
  | {
      status?: number
      headers?: Readonly<Record<string, string>>
      body: JsonObject | string | readonly (string | Uint8Array | Gate)[]
      /** How it ends. @default 'end' */
      ending?: 'end' | 'hold' | 'cut' | 'reset'
    }

/** The tests' provider: the sandbox at full speed, and a script for what it would not do by itself. */
export interface Upstream extends Pick<Sandbox, 'url' | 'requests' | 'until' | 'setFault' | 'close'>, AsyncDisposable {
  /** Adds acts for the next POST requests, one each, in order of arrival; after them the upstream is honest. */
  script(acts: readonly Act[]): void
  /** Resolves with the nth request (from 1) once it is here as a whole. */
  waitForRequest(nth?: number): Promise<SandboxRequest>
  /** Resolves with the nth request (from 1) once it is over, for one side or the other. */
  waitForClose(nth?: number): Promise<SandboxRequest>
}

export const startUpstream = async (
  options: Partial<Omit<SandboxOptions, 'direct' | 'keepRequests'>> = {},
): Promise<Upstream> => {
  const acts: Act[] = []
  const sandbox = await openSandbox({
    countTokens: countPlainTokens,
    pace: { firstTokenMs: 0, betweenTokensMs: 0 },
    ...options,
    keepRequests: Number.POSITIVE_INFINITY,
    // Looking at the list of models is no part of a script.
    direct: ({ method }) => (method === 'POST' ? directionOf(acts.shift() ?? 'honest') : null),
  })
  return {
    url: sandbox.url,
    requests: sandbox.requests,
    until: sandbox.until,
    setFault: sandbox.setFault,
    close: sandbox.close,
    [Symbol.asyncDispose]: sandbox.close,
    script: (more) => void acts.push(...more),
    waitForRequest: (nth = 1) => sandbox.until((requests) => requests.filter(({ arrived }) => arrived)[nth - 1]),
    waitForClose: (nth = 1) =>
      sandbox.until((requests) => (requests[nth - 1]?.closed === true ? requests[nth - 1] : undefined)),
  }
}

/** The tokenizer that the tests' providers count with: o200k, special tokens taken as text. */
export const countPlainTokens = (text: string): number => countTokens(text, { disallowedSpecial: new Set<string>() })

/** One server-sent event, as a piece of a scripted body. */
export const sse = (data: JsonObject | '[DONE]', name?: string): string =>
  frame(name === undefined ? { data } : { data, name })

const directionOf = (act: Act): Direction | null => {
  if (act === 'honest') return null
  if ('kind' in act) return { fault: act }
  const { status = 200, body, ending = 'end' } = act
  const pieces = isPieces(body) ? body : [typeof body === 'string' ? body : JSON.stringify(body)]
  const type = isPieces(body) ? 'text/event-stream; charset=utf-8' : 'application/json'
  return {
    score: [
      { do: 'head', status, headers: { 'content-type': type, ...act.headers } },
      ...pieces.flatMap(stepsOf),
      { do: ending },
    ],
  }
}

const isPieces = (body: Extract<Act, { body: unknown }>['body']): body is readonly (string | Uint8Array | Gate)[] =>
  Array.isArray(body)

/** A turn of the event loop after each write keeps the pieces apart. */
const stepsOf = (piece: string | Uint8Array | Gate): Step[] => {
  if (typeof piece === 'string')
    return [
      { do: 'write', part: 'content', text: piece },
      { do: 'pause', ms: 0 },
    ]
  if (piece instanceof Uint8Array)
    return [
      { do: 'bytes', bytes: piece },
      { do: 'pause', ms: 0 },
    ]
  return [{ do: 'wait', until: piece.opened }]
}
