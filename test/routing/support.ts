import type { ChatRequest, ModelChoice } from '../../src/contract/chat.ts'

/** A chat request with one user text, and whatever else the test is about. */
export const chatRequest = (
  given: Partial<ChatRequest> & { text?: string; choice?: ModelChoice } = {},
): ChatRequest => {
  const { text = 'What is the capital of France?', choice = { kind: 'auto' }, ...rest } = given
  return {
    model: choice,
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
    tools: [],
    extra: {},
    requirements: {},
    limits: {},
    fallbacks: [],
    cache: { read: true, write: true, force: false },
    tags: {},
    ...rest,
  }
}
