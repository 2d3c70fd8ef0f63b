import type { AnswerEvent, Message } from '../../src/contract/chat.ts'
import type { CachedAnswer } from '../../src/contract/store.ts'

export const says = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] })

/** A plain answer, with what a test says about it. */
export const answerOf = (said: Partial<CachedAnswer<AnswerEvent>> = {}): CachedAnswer<AnswerEvent> => ({
  events: [
    { type: 'text', choice: 0, text: 'Par' },
    { type: 'text', choice: 0, text: 'is.' },
  ],
  finishes: [{ choice: 0, reason: 'stop', native: 'stop' }],
  usage: {
    inputTokens: 14,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 2,
    reasoningTokens: 0,
    source: 'provider',
  },
  warnings: [],
  provider: 'openai',
  model: 'gpt-6-luna',
  answeredModel: 'gpt-6-luna-2026-10-01',
  task: { task: 'qa', confidence: 0.8, signals: [] },
  costNanoUsd: 20_000n,
  simulated: false,
  ...said,
})
