import { APICallError } from '@ai-sdk/provider'
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { GatewayError } from '../../src/contract/errors.ts'
import { createDialects } from '../../src/providers/index.ts'
import { makeCall, makeRow, startHttp } from '../providers/calls.ts'
import { ask } from '../providers/fold.ts'
import type { Recording } from '../providers/recordings.ts'
import { sendPieces, startWireServer } from '../providers/wire-server.ts'
import { askModel, oracles } from './ai-sdk.ts'
import type { Oracle } from './ai-sdk.ts'
import { oursOf, theirsOf } from './reading.ts'
import type { Reading } from './reading.ts'

/** What came of a recording: it was read, refused with the provider's status, or not understood. */
export type Heard =
  | { kind: 'read'; reading: Reading }
  | { kind: 'refused'; status: number }
  | { kind: 'lost'; why: string }

/** One recording, heard by our dialect and by one provider of the AI SDK. */
export interface Pair {
  recording: Recording
  oracle: Oracle
  ours: Heard
  theirs: Heard
}

export const hi: LanguageModelV4CallOptions = { prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }

/** Plays every recording over a real socket, to our dialect and to each provider of the AI SDK that speaks its wire. */
export const replay = async (recordings: readonly Recording[]): Promise<Pair[]> => {
  // Each recording is a server of its own, told apart by the path.
  await using server = await startWireServer(({ path }, response) => {
    const recording = recordings[Number(path.split('/')[1])]
    if (!recording) return response.destroy()
    const type = recording.isStream ? 'text/event-stream' : 'application/json'
    return void sendPieces(response, inPieces(recording.body), type, recording.status)
  })
  await using http = startHttp()
  const dialects = createDialects(http)

  const pairs: Pair[] = []
  for (const [index, recording] of recordings.entries()) {
    const baseUrl = `${server.url}/${index}`
    const dialect = dialects.get(recording.wire)
    if (!dialect) throw new Error(`No dialect speaks ${recording.wire}.`)
    const { isStream } = recording
    const ours = await hear(ask(dialect, makeCall({ row: makeRow({ baseUrl }), stream: isStream })), oursOf)
    for (const oracle of oracles.filter(({ wire }) => wire === recording.wire)) {
      const theirs = await hear(askModel(oracle.model(baseUrl), hi, isStream), theirsOf)
      pairs.push({ recording, oracle, ours, theirs })
    }
  }
  return pairs
}

/** Of 1,000 bytes each: characters, events and JSON are split wherever they happen to be. */
function* inPieces(body: string): Generator<Uint8Array> {
  const bytes = Buffer.from(body)
  for (let from = 0; from < bytes.length; from += 1000) yield bytes.subarray(from, from + 1000)
}

const hear = async <Reply>(reply: Promise<Reply>, read: (reply: Reply) => Reading): Promise<Heard> => {
  try {
    return { kind: 'read', reading: read(await reply) }
  } catch (error) {
    const status = statusOf(error)
    return status === null ? { kind: 'lost', why: String(error) } : { kind: 'refused', status }
  }
}

/** The provider's status where it refused; null where its reply was not understood. */
const statusOf = (error: unknown): number | null => {
  const status = error instanceof GatewayError ? error.detail.upstreamStatus : undefined
  const theirs = APICallError.isInstance(error) ? error.statusCode : status
  return theirs === undefined || theirs < 400 ? null : theirs
}
