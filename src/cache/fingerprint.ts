import { hash } from 'node:crypto'
import type { ChatRequest, ContentPart, Message, ToolCall } from '../contract/chat.ts'
import type { Json } from '../contract/json.ts'
import type { Requirements } from '../contract/plan.ts'
import { canonicalJson } from '../lib/canonical.ts'

/** Changes with the meaning of a fingerprint, so that a store which outlives us never mixes two meanings. */
const version = 'chat-1'
const canonicalVersion = 'chat-canonical-1'
const nearVersion = 'chat-near-1'

interface FingerprintOptions {
  request: ChatRequest
  /** Who may share the answer. */
  scope: string
  /** Answers of the sandbox and real ones never meet. */
  simulated: boolean
}

/**
 * What makes two requests the same: SHA-256, hex, over the canonical JSON of everything that can change the answer or whom
 * it is for. A field that the key lacks is a wrong answer one day, so fields are taken out by name, never put in: a new one
 * of ChatRequest is in the key until somebody says otherwise.
 * @throws TypeError, RangeError for a request that has no canonical JSON (nested beyond the stack)
 */
export const fingerprint = ({ request, scope, simulated }: FingerprintOptions): string =>
  digest({ version, scope, simulated, request: essenceOf(request) })

/**
 * The same of all requests that differ in nothing but the form of their last text, of which `canonical` is what is left.
 * @throws as `fingerprint`
 */
export const canonicalFingerprint = ({ request, scope, simulated }: FingerprintOptions, canonical: string): string =>
  digest({ version: canonicalVersion, scope, simulated, canonical, request: essenceOf(withoutLastText(request)) })

/**
 * The same of all requests that differ in nothing but their last text: within it alone are questions compared. Vectors of
 * two embedders never meet.
 * @throws as `fingerprint`
 */
export const partitionFingerprint = ({ request, scope, simulated }: FingerprintOptions, embedder: string): string =>
  digest({ version: nearVersion, scope, simulated, embedder, request: essenceOf(withoutLastText(request)) })

const digest = (what: object): string => hash('sha256', canonicalJson(what), 'hex')

/** For requests that `questionOf` reads a text in: it is all that the last message has. */
const withoutLastText = (request: ChatRequest): ChatRequest => ({
  ...request,
  messages: request.messages.map((message, index) =>
    index === request.messages.length - 1 && message.role === 'user'
      ? { ...message, content: [{ type: 'text', text: '' }] }
      : message,
  ),
})

/** What can change the answer, in one form for all ways of writing it. */
const essenceOf = (request: ChatRequest): object => {
  const { cache: _cache, tags: _tags, ...asked } = request
  return {
    ...asked,
    n: asked.n ?? 1,
    messages: asked.messages.map(withoutBreakpoints),
    // Tools are offered as a set: clients list them in any order.
    tools: asked.tools.map(withoutBreakpoint).map(canonicalJson).toSorted(),
    requirements: withSortedSets(asked.requirements),
    extra: Object.fromEntries(Object.entries(asked.extra).filter(([field]) => !silentFields.has(field))),
  }
}

/** Fields that say who asks and how the provider should book, store or cache it: no model reads them. */
const silentFields: ReadonlySet<string> = new Set([
  'user',
  'metadata',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'cache_control',
])

/**
 * A prompt-cache breakpoint changes what a call costs, not what it answers. It is taken out only where the contract has it,
 * since a tool's schema may have a property of that name.
 */
const withoutBreakpoint = <Part extends { cacheControl?: Json | undefined; promptCacheBreakpoint?: Json | undefined }>({
  cacheControl: _anthropic,
  promptCacheBreakpoint: _openai,
  ...rest
}: Part): Omit<Part, 'cacheControl' | 'promptCacheBreakpoint'> => rest

const withoutBreakpoints = (message: Message): object => ({
  ...(message.role === 'tool' ? withoutBreakpoint(message) : message),
  content: message.content.map(partOf),
  ...(message.role === 'assistant' ? { toolCalls: message.toolCalls.map(callOf) } : {}),
})

const partOf = (part: ContentPart): object => withoutBreakpoint(part)
const callOf = (call: ToolCall): object => withoutBreakpoint(call)

const withSortedSets = (requirements: Requirements): Requirements => ({
  ...requirements,
  providers: requirements.providers?.toSorted(),
  excludeProviders: requirements.excludeProviders?.toSorted(),
  models: requirements.models?.toSorted(),
})
