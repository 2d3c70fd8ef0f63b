import { describe, expect, test } from 'vitest'
import type { ChatRequest } from '../../src/contract/chat.ts'
import { chooseDialect } from '../../src/routing/dialect.ts'
import { plainCard, plainRequest } from '../support/plain.ts'

const row = { dialect: 'openai-chat', toolsDialect: 'openai-responses' }
const tools = [{ name: 'add' }]
const capabilities = { tools: true, jsonSchema: true, vision: true, reasoning: true }
const thinker = plainCard('a:thinker', { capabilities, wire: { effortLevels: { none: 'none', high: 'high' } } })
const tireless = plainCard('a:tireless', {
  capabilities,
  wire: { effortLevels: { high: 'high' }, tools: 'effort-none' },
})
const strict = plainCard('a:strict', { capabilities, wire: { ...thinker.wire, tools: 'never' } })

describe('a row with two wires is asked', () => {
  test.each<[string, typeof thinker, Partial<ChatRequest>, string]>([
    ['by the first without tools', thinker, { reasoningEffort: 'high' }, 'openai-chat'],
    ['by the second with tools', thinker, { tools }, 'openai-responses'],
    ['by the second with tools and an effort', thinker, { tools, reasoningEffort: 'high' }, 'openai-responses'],
    ['by the first with tools and reasoning switched off', thinker, { tools, reasoningEffort: 'none' }, 'openai-chat'],
    ['by the first for several answers', thinker, { tools, n: 2 }, 'openai-chat'],
    ['by the first at a model that does not reason', plainCard('a:plain'), { tools }, 'openai-chat'],
    [
      'by the second where reasoning has no off switch',
      tireless,
      { tools, reasoningEffort: 'none' },
      'openai-responses',
    ],
    ['by the second where the first takes no tools', strict, { tools, reasoningEffort: 'none' }, 'openai-responses'],
  ])('%s', (_how, card, said, dialect) => {
    expect(chooseDialect(row, card, plainRequest(said))).toBe(dialect)
  })

  test('a row with one wire is asked by that, whatever the request', () => {
    expect(chooseDialect({ dialect: 'openai-chat' }, thinker, plainRequest({ tools }))).toBe('openai-chat')
  })
})
