import type { Json, JsonObject } from '../contract/json.ts'
import type { UpstreamCall } from '../contract/provider.ts'
import { listOf, objectOf, textOf } from './shape.ts'
import type { Warn } from './warn.ts'

/** Marks that Anthropic takes in one request, the caller's included. */
const maxMarks = 4

/**
 * Characters that surely make a token, so that a prefix counted as long enough is: Claude's tokens are shorter than this in
 * every language. A shorter prefix would not be refused, only not be cached, and the mark would be wasted.
 */
const charsPerToken = 4

/** One block of a request, in the order in which the provider reads it: tools, system, messages. */
interface Block {
  block: JsonObject
  /** The last of the tools, of the system text, or of a user's turn: prefixes that come again end here. */
  ends: 'tools' | 'system' | 'turn' | null
  mayBeMarked: boolean
}

/** Blocks of Anthropic's messages that may carry a mark; thoughts may not. */
const markable: ReadonlySet<string> = new Set(['text', 'image', 'document', 'tool_use', 'tool_result'])

/** Marks the long prefixes of a body of Anthropic's, where the row says so. The blocks are ours: written for this call. */
export const markAnthropic = (body: JsonObject, call: UpstreamCall): void => {
  // With a mark for the whole request Anthropic places the breakpoints itself.
  if (body.cache_control !== undefined) return
  const mayBeMarked = (block: JsonObject): boolean => markable.has(textOf(block.type)) && !isBlank(block)
  const turns = objects(body.messages).map(({ role, content }) => ({ role, blocks: objects(content) }))
  markPrefixes(
    [
      ...ending('tools', objects(body.tools), () => true),
      ...ending('system', objects(body.system), mayBeMarked),
      ...turns.flatMap(({ role, blocks }) => ending(role === 'user' ? 'turn' : null, blocks, mayBeMarked)),
    ],
    call,
  )
}

/**
 * Leaves out the caller's marks beyond those that Anthropic takes, where it would refuse the whole request: the last ones
 * stay, since they end the longest prefixes.
 */
export const limitMarks = (body: JsonObject, warn: Warn): void => {
  const places = [
    ...objects(body.tools),
    ...objects(body.system),
    ...objects(body.messages).flatMap(({ content }) => objects(content)),
  ]
  const marked = places.flatMap(markedIn)
  // A mark for the whole request is one of them.
  const most = maxMarks - (body.cache_control === undefined ? 0 : 1)
  if (marked.length <= most) return
  warn('dropped_parameter', 'cache_control', `Anthropic takes at most ${maxMarks} marks: the last ones were sent.`)
  for (const part of marked.slice(0, marked.length - most)) delete part.cache_control
}

/** `markAnthropic` for OpenRouter, which passes marks on text parts of the chat wire on to Anthropic. */
export const markOpenRouter = (body: JsonObject, call: UpstreamCall): void => {
  const mayBeMarked = (block: JsonObject): boolean => block.type === 'text' && !isBlank(block)
  const messages = objects(body.messages)
  // A lone text is written as a string, which has no place for a mark.
  const partsOf = (message: JsonObject): JsonObject[] =>
    typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : objects(message.content)
  const lastSystem = messages.findLast(({ role }) => role === 'system')
  const endOf = (message: JsonObject): Block['ends'] => {
    if (message.role === 'user') return 'turn'
    return message === lastSystem ? 'system' : null
  }
  const turns = messages.map((message) => ({ message, parts: partsOf(message) }))
  markPrefixes(
    [
      ...ending(null, objects(body.tools), () => false),
      ...turns.flatMap(({ message, parts }) => ending(endOf(message), parts, mayBeMarked)),
    ],
    call,
  )
  for (const { message, parts } of turns)
    if (parts.some(({ cache_control: mark }) => mark !== undefined)) message.content = parts
}

const isBlank = ({ text }: JsonObject): boolean => typeof text === 'string' && text.trim() === ''

/** Blocks of one group; the last one that may be marked ends it. */
const ending = (ends: Block['ends'], blocks: JsonObject[], mayBeMarked: (block: JsonObject) => boolean): Block[] => {
  const last = blocks.findLast(mayBeMarked)
  return blocks.map((block) => ({ block, ends: block === last ? ends : null, mayBeMarked: mayBeMarked(block) }))
}

/**
 * Sets marks of five minutes where prefixes end that come again: after the tools, after the system text, and in a
 * conversation that goes on after the last turn and the one before, which the last request has written. The caller's own
 * marks stand and go first; one of an hour may not come after one of five minutes, so ours come after those.
 */
const markPrefixes = (blocks: readonly Block[], { row, card }: UpstreamCall): void => {
  const minTokens = card.wire.promptCacheMinTokens
  if (!row.autoPromptCaching || minTokens === undefined) return
  const marks = blocks.map(({ block }) => marksIn(block))
  const lastHour = marks.findLastIndex((own) => own.some(({ ttl }) => ttl === '1h'))
  const turns = blocks.filter(({ ends }) => ends === 'turn')

  let chars = 0
  const places = blocks.filter(({ block, ends, mayBeMarked }, at) => {
    chars += JSON.stringify(block).length
    const isFree = mayBeMarked && (marks[at]?.length ?? 0) === 0
    return isFree && ends !== null && at > lastHour && chars / charsPerToken >= minTokens
  })
  const ended = (end: Block['ends']): Block[] => places.filter(({ ends }) => ends === end)
  const isPlace = (block: Block | undefined): block is Block => block !== undefined && places.includes(block)
  const ongoing = turns.length > 1 ? [turns.at(-1), turns.at(-2)].filter(isPlace) : []
  const wanted = [...ongoing.slice(0, 1), ...ended('system'), ...ended('tools'), ...ongoing.slice(1)]
  const left = maxMarks - marks.reduce((sum, own) => sum + own.length, 0)
  for (const { block } of wanted.slice(0, Math.max(0, left))) block.cache_control = { type: 'ephemeral' }
}

/** The caller's marks in a block, those within a tool's result included. */
const marksIn = (block: JsonObject): JsonObject[] =>
  markedIn(block)
    .map((part) => objectOf(part.cache_control))
    .filter((mark) => mark !== null)

const markedIn = (block: JsonObject): JsonObject[] =>
  [block, ...objects(block.content)].filter(({ cache_control: mark }) => mark !== undefined)

const objects = (value: Json | undefined): JsonObject[] =>
  listOf(value)
    .map(objectOf)
    .filter((entry) => entry !== null)
