import type { Message } from '../../contract/chat.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { JsonObject } from '../../contract/json.ts'
import { groupRuns, missingResult, pairResults, splitSystem, strayResult } from '../runs.ts'
import type { AssistantMessage, OpenCall, Run, UserMessage } from '../runs.ts'
import { createToolIds } from '../tool-ids.ts'
import type { ToolIds } from '../tool-ids.ts'
import { compact } from '../shape.ts'
import type { Warn } from '../warn.ts'
import { writeParts, writeReasoning, writeTexts, writeToolUse } from './content.ts'

const allowedId = /^[a-zA-Z0-9_-]+$/

/**
 * The conversation as Anthropic wants it: system text apart; turns of the user and the assistant by turns, the user's
 * first; the results of all calls of a turn in the one user turn right after it, before anything else. A call without a
 * result gets an error as one, and a result without a call becomes text. System messages in the middle of a
 * conversation join the others at its front, in their order. Empty texts are left out, since Anthropic refuses them.
 * @throws GatewayError provider_rejected where nothing else is said
 */
export const writeConversation = (
  messages: readonly Message[],
  warn: Warn,
): { system: JsonObject[]; messages: JsonObject[] } => {
  const { system: instructions, spoken, isMixed } = splitSystem(messages)
  const system = instructions.flatMap(({ content }) => writeTexts(content))
  const turns = writeRuns(groupRuns(spoken), warn)
  if (turns.length === 0) {
    if (system.length === 0) throw nothingSaid()
    warn('changed_parameter', 'messages', 'Anthropic needs a user message: the system text was sent as one.')
    return { system: [], messages: [{ role: 'user', content: system }] }
  }
  if (isMixed) warn('changed_parameter', 'messages', 'System messages after the first turn were moved to the front.')

  if (turns[0]?.role === 'assistant') {
    warn('changed_parameter', 'messages', 'Anthropic needs a user message first: "Continue." was put before.')
    turns.unshift({ role: 'user', content: [{ type: 'text', text: 'Continue.' }] })
  }
  return { system, messages: turns.map(({ role, content }) => ({ role, content })) }
}

const nothingSaid = (): GatewayError =>
  new GatewayError('provider_rejected', 'Anthropic takes no empty texts, and "messages" holds nothing else.', {
    param: 'messages',
  })

interface Turn {
  role: 'user' | 'assistant'
  content: JsonObject[]
}

const writeRuns = (runs: readonly Run[], warn: Warn): Turn[] => {
  const ids = createToolIds({ pattern: allowedId, unique: true })
  const turns: Turn[] = []
  let open: OpenCall[] = []
  const say = (role: Turn['role'], content: JsonObject[]): void => {
    const last = turns.at(-1)
    // A turn of which nothing is left (empty texts are refused) leaves two of one role side by side.
    if (last?.role === role) last.content.push(...content)
    else if (content.length > 0) turns.push({ role, content })
  }

  for (const run of runs) {
    if (run.role === 'user') {
      say('user', writeUserRun(run.messages, open))
      open = []
    } else {
      const written = writeAssistantRun(run.messages, ids, warn)
      say('assistant', written.content)
      open = written.open
    }
  }
  if (open.length > 0) say('user', writeUserRun([], open))
  else trimEnd(turns.at(-1))
  return turns
}

const writeAssistantRun = (
  messages: readonly AssistantMessage[],
  ids: ToolIds,
  warn: Warn,
): { content: JsonObject[]; open: OpenCall[] } => {
  const open: OpenCall[] = []
  const content = messages.flatMap(({ reasoning, content: said, refusal, toolCalls }) => [
    ...writeReasoning(reasoning),
    ...writeTexts(said),
    ...writeTexts(refusal ? [{ type: 'text', text: refusal }] : []),
    ...toolCalls.map((call) => {
      const wireId = ids.ofCall(call.id)
      open.push({ id: call.id, wireId, name: call.name })
      return writeToolUse(call, wireId, warn)
    }),
  ])
  // Clients that split parallel calls over several messages may put text between them: calls come last.
  return { content: [...content.filter(({ type }) => type !== 'tool_use'), ...content.filter(isToolUse)], open }
}

const isToolUse = ({ type }: JsonObject): boolean => type === 'tool_use'

const writeUserRun = (messages: readonly UserMessage[], open: readonly OpenCall[]): JsonObject[] => {
  const { results, rest } = pairResults(messages, open)
  return [
    ...results.map(({ call, result }) =>
      result
        ? writeResult(call.wireId, writeParts(result.content), result)
        : writeResult(call.wireId, [{ type: 'text', text: missingResult }], { isError: true }),
    ),
    ...rest.flatMap((message) => [
      ...(message.role === 'tool' ? [{ type: 'text', text: strayResult(message.toolCallId) }] : []),
      ...writeParts(message.content),
    ]),
  ]
}

const writeResult = (
  wireId: string,
  content: JsonObject[],
  { isError, cacheControl }: { isError?: boolean | undefined; cacheControl?: JsonObject | undefined },
): JsonObject =>
  compact({
    type: 'tool_result',
    tool_use_id: wireId,
    content: content.length > 0 ? content : undefined,
    is_error: isError ? true : undefined,
    cache_control: cacheControl,
  })

/** A last turn of the assistant is one to go on with, and is refused when it ends in white space. */
const trimEnd = (turn: Turn | undefined): void => {
  const block = turn?.role === 'assistant' ? turn.content.at(-1) : undefined
  if (typeof block?.text === 'string') block.text = block.text.trimEnd()
}
