import type { Message } from '../../contract/chat.ts'
import type { JsonObject } from '../../contract/json.ts'
import { readArguments } from '../arguments.ts'
import { groupRuns, missingResult, pairResults, splitSystem, strayResult } from '../runs.ts'
import type { AssistantMessage, OpenCall, UserMessage } from '../runs.ts'
import { createToolIds } from '../tool-ids.ts'
import type { ToolIds } from '../tool-ids.ts'
import type { Warn } from '../warn.ts'
import { writeParts, writeTexts } from './parts.ts'
import { noSignature, textSignature, thoughtSignature } from './signatures.ts'
import type { CallSignatures } from './signatures.ts'

interface Wire {
  signatures: CallSignatures
  /** The model refuses a call without a signature (Gemini 3 and later). */
  mustSign: boolean
  ids: ToolIds
  warn: Warn
}

/**
 * The conversation as Gemini wants it: instructions apart; turns of the user and the model by turns, the user's first;
 * the results of a turn's calls all in the user's turn right after it, in the order of the calls, before anything else.
 */
export const writeContents = (
  messages: readonly Message[],
  { warn, ...wire }: Omit<Wire, 'ids'>,
): { system: JsonObject[]; contents: JsonObject[] } => {
  const { system: instructions, spoken, isMixed } = splitSystem(messages)
  const system = instructions.flatMap(({ content }) => writeTexts(content))
  if (spoken.length === 0) {
    warn('changed_parameter', 'messages', 'Gemini needs a user message: the system text was sent as one.')
    return { system: [], contents: [turn('user', system)] }
  }
  if (isMixed) warn('changed_parameter', 'messages', 'System messages after the first turn were moved to the front.')

  const ids = createToolIds({ pattern: anyId, unique: true })
  const contents: JsonObject[] = []
  let open: OpenCall[] = []
  for (const run of groupRuns(spoken)) {
    if (run.role === 'user') {
      contents.push(turn('user', writeUserRun(run.messages, open)))
      open = []
    } else {
      const written = writeModelRun(run.messages, { ...wire, warn, ids })
      contents.push(turn('model', written.parts))
      open = written.open
    }
  }
  if (open.length > 0) contents.push(turn('user', writeUserRun([], open)))
  if (contents[0]?.role === 'model') {
    warn('changed_parameter', 'messages', 'Gemini needs a user message first: "Continue." was put before.')
    contents.unshift(turn('user', [{ text: 'Continue.' }]))
  }
  return { system, contents }
}

/** Whatever callers have: results are found by it. */
const anyId = /./

/** A turn without a part is refused, one with an empty text is not. */
const turn = (role: 'user' | 'model', parts: JsonObject[]): JsonObject => ({
  role,
  parts: parts.length > 0 ? parts : [{ text: '' }],
})

/** Calls come last: clients that split parallel calls over several messages may put text between them. */
const writeModelRun = (
  messages: readonly AssistantMessage[],
  wire: Wire,
): { parts: JsonObject[]; open: OpenCall[] } => {
  const said = messages.flatMap(writeSaid)
  const calls = messages.flatMap(({ toolCalls }) => toolCalls)
  const signed: (string | null)[] = calls.map((call) => wire.signatures.of(call))
  // Of parallel calls only the first is signed.
  if (wire.mustSign && calls.length > 0 && !signed.some((signature) => signature !== null)) signed[0] = noSignature
  const open = calls.map(({ id, name }) => ({ id, name, wireId: wire.ids.ofCall(id) }))
  const written = calls.map((call, index) =>
    sign(
      { functionCall: { id: open[index]?.wireId ?? call.id, name: call.name, args: readArguments(call, wire.warn) } },
      signed[index],
    ),
  )
  return { parts: [...said, ...written], open }
}

/** What Gemini thought goes back as it was signed. Thoughts of others, and unsigned ones, are of no use to it. */
const writeSaid = ({ reasoning, content, refusal }: AssistantMessage): JsonObject[] => {
  const thoughts = reasoning.flatMap((block): JsonObject[] => {
    const signature = thoughtSignature(block)
    return block.kind === 'text' && signature !== null ? [sign({ text: block.text, thought: true }, signature)] : []
  })
  const texts = writeTexts([...content, ...(refusal ? [{ type: 'text' as const, text: refusal }] : [])])
  const signature = textSignature(reasoning)
  if (signature === null) return [...thoughts, ...texts]
  return [...thoughts, ...texts.slice(0, -1), sign(texts.at(-1) ?? { text: '' }, signature)]
}

const sign = (part: JsonObject, signature: string | null | undefined): JsonObject =>
  signature ? { ...part, thoughtSignature: signature } : part

const writeUserRun = (messages: readonly UserMessage[], open: readonly OpenCall[]): JsonObject[] => {
  const { results, rest } = pairResults(messages, open)
  const media = results.flatMap(({ call, result }) => {
    const parts = writeParts(result?.content.filter(({ type }) => type !== 'text') ?? [])
    return parts.length === 0 ? [] : [{ text: `From the tool call ${call.wireId}:` }, ...parts]
  })
  return [
    ...results.map(({ call, result }) => writeResult(call, result)),
    ...media,
    ...rest.flatMap((message) => [
      ...(message.role === 'tool' ? [{ text: strayResult(message.toolCallId) }] : []),
      ...writeParts(message.content),
    ]),
  ]
}

/** A result is an object here, with `output` or `error` in it. The text stays a text, so that no digit of it is lost. */
const writeResult = ({ wireId, name }: OpenCall, result: Extract<UserMessage, { role: 'tool' }> | null): JsonObject => {
  const texts = result?.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])) ?? [missingResult]
  const key = result === null || result.isError ? 'error' : 'output'
  return { functionResponse: { id: wireId, name, response: { [key]: texts.join('\n') } } }
}
