import type { Json } from '../../src/contract/json.ts'
import type { Recording } from '../providers/recordings.ts'
import { at } from '../support/json.ts'

/** What two readings are compared by. `answer`: one of them understood nothing at all. */
export type Aspect = 'answer' | 'text' | 'reasoning' | 'tools' | 'finish' | 'usage'

/** A difference between the gateway and providers of the AI SDK that is known, and why it is there. */
export interface Difference {
  /** Names of the AI SDK's providers. */
  oracles: readonly string[]
  /** What differs, in every recording that has this. */
  aspects: readonly Aspect[]
  /** Whether a recording has what they read differently. */
  has: (recording: Recording) => boolean
  right: 'gateway' | 'both' | 'AI SDK'
  why: string
}

const chat = ['@ai-sdk/openai chat', '@ai-sdk/openai-compatible']

/**
 * Each is told by what a reply holds, not by its name: a recording that has it must differ in just this way, one that
 * has it not must not differ.
 */
export const differences: readonly Difference[] = [
  {
    oracles: ['@ai-sdk/anthropic'],
    aspects: ['text'],
    has: ({ payloads }) =>
      payloads.some((payload) => isOf(at(payload, 'content_block'), 'compaction')) ||
      payloads.some((payload) => list(at(payload, 'content')).some((block) => isOf(block, 'compaction'))),
    right: 'gateway',
    why: 'The summary of a compacted conversation is for the next request; the AI SDK puts it before the answer, marked as such beside the text.',
  },
  {
    oracles: chat,
    aspects: ['usage'],
    has: ({ wire, payloads }) =>
      wire === 'openai-chat' &&
      payloads.some(({ usage }) => {
        const reasoning = count(at(usage, 'completion_tokens_details', 'reasoning_tokens'))
        return reasoning > 0 && count(at(usage, 'total_tokens')) > sum(usage, 'prompt_tokens', 'completion_tokens')
      }),
    right: 'gateway',
    why: 'xAI counts reasoning beside completion_tokens and bills it: what is in the total and not in the prompt was put out.',
  },
  {
    oracles: chat,
    aspects: ['usage'],
    has: ({ wire, payloads }) =>
      wire === 'openai-chat' && payloads.some(({ usage }) => count(at(usage, 'num_cached_tokens')) > 0),
    right: 'gateway',
    why: 'Mistral tells cached tokens as num_cached_tokens, which the AI SDK reads in its own provider for Mistral only.',
  },
  {
    oracles: ['@ai-sdk/openai chat'],
    aspects: ['answer'],
    has: ({ wire, isStream, payloads }) =>
      wire === 'openai-chat' && !isStream && callsIn(payloads[0]).some((call) => at(call, 'type') === undefined),
    right: 'gateway',
    why: 'Mistral leaves "type" out of a tool call in a document; the AI SDK’s provider for OpenAI refuses the whole reply.',
  },
  {
    oracles: ['@ai-sdk/openai chat'],
    aspects: ['answer'],
    has: ({ payloads }) => payloads.some((payload) => Array.isArray(at(messageIn(payload), 'content'))),
    right: 'gateway',
    why: 'Mistral gives thoughts and text as a list of parts; the AI SDK’s provider for OpenAI refuses the whole reply.',
  },
  {
    oracles: chat,
    aspects: ['answer'],
    has: ({ isStream, payloads }) =>
      !isStream && callsIn(payloads[0]).some((call) => at(call, 'function', 'arguments') === undefined),
    right: 'gateway',
    why: 'OpenRouter leaves out the arguments of a call that has none; the AI SDK refuses the whole reply.',
  },
  {
    oracles: ['@ai-sdk/openai chat'],
    aspects: ['reasoning'],
    has: ({ wire, payloads }) =>
      wire === 'openai-chat' &&
      payloads.some((payload) =>
        ['reasoning_content', 'reasoning'].some((name) => Boolean(at(messageIn(payload), name))),
      ),
    right: 'both',
    why: 'OpenAI itself never tells thoughts on this wire; DeepSeek, Groq, xAI and OpenRouter do.',
  },
  {
    oracles: ['@ai-sdk/openai chat'],
    aspects: ['text'],
    has: ({ payloads }) => payloads.some((payload) => at(messageIn(payload), 'audio', 'transcript') !== undefined),
    right: 'both',
    why: 'The AI SDK shows what a spoken answer says. The gateway never asks for one: it refuses "modalities" other than text.',
  },
  {
    oracles: ['@ai-sdk/openai responses'],
    aspects: ['reasoning'],
    has: (recording) =>
      items(recording).some((item) => isOf(item, 'reasoning') && list(at(item, 'content')).length > 0),
    right: 'gateway',
    why: 'DeepSeek tells thoughts whole, as the content of a reasoning item; the AI SDK reads summaries only.',
  },
  {
    oracles: ['@ai-sdk/openai responses'],
    aspects: ['tools', 'finish'],
    has: (recording) => items(recording).some((item) => isOf(item, 'custom_tool_call')),
    right: 'both',
    why: 'Custom tools, whose input is no JSON, have no word in the gateway, which refuses them in a request.',
  },
  {
    oracles: ['@ai-sdk/openai responses'],
    aspects: ['tools'],
    has: (recording) =>
      items(recording).some(
        (item) =>
          isOf(item, 'local_shell_call') ||
          isOf(item, 'shell_call') ||
          (isOf(item, 'tool_search_call') && at(item, 'execution') === 'client'),
      ),
    right: 'both',
    why: 'Tools that OpenAI defines and the caller carries out (shell, tool search) have no word in the gateway, which refuses them in a request.',
  },
]

const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : [])
const count = (value: Json | undefined): number => (typeof value === 'number' ? value : 0)
const sum = (value: Json | undefined, ...names: string[]): number =>
  names.reduce((total, name) => total + count(at(value, name)), 0)
const isOf = (value: Json | undefined, type: string): boolean => at(value, 'type') === type

/** The message of a chat completion, or the delta of a chunk. */
const messageIn = (payload: Json | undefined): Json | undefined =>
  at(payload, 'choices', 0, 'message') ?? at(payload, 'choices', 0, 'delta')

const callsIn = (payload: Json | undefined): Json[] => list(at(messageIn(payload), 'tool_calls'))

/** The output items of a response. */
const items = ({ payloads }: Recording): Json[] =>
  payloads.flatMap((payload) => [...list(at(payload, 'output')), ...list(at(payload, 'response', 'output'))])
