import { describe, expect, test } from 'vitest'
import { compareAnswers, compareTexts, textOf } from '../../../src/cache/near/agree.ts'
import { answerOf } from '../answer-of.ts'

const long = (ending: string): string =>
  `Bees gather nectar from many flowers, carry it home, pass it on from mouth to mouth, and dry it with their wings ${ending}`

describe('by letters', () => {
  test.each([
    ['form', 'Paris.', '  paris ', 'agree'],
    ['a sentence around it', 'Paris', 'The capital of France is Paris.', 'agree'],
    ['another word', 'Paris', 'The capital of Italy is Rome.', 'differ'],
    ['another number', 'It is 12 metres', 'It is 13 metres', 'differ'],
    ['a number in two spellings', 'There are 1,000 metres', 'There are 1000 metres', 'agree'],
    ['JSON in another order', '{"a":1,"b":[2]}', '{ "b": [2], "a": 1 }', 'agree'],
    ['JSON with another value', '{"a":1}', '{"a":2}', 'differ'],
    ['long texts in other words', long('until it is thick.'), long('for days in the dark.'), 'unclear'],
    ['long texts that are the same', long('for days.'), long('for days'), 'agree'],
    ['signs and something', '→', 'Paris', 'differ'],
    ['nothing and something', '', 'Paris', 'differ'],
  ] as const)('%s', (_what, one, other, said) => {
    expect(compareTexts(one, other)).toBe(said)
    expect(compareTexts(other, one)).toBe(said)
  })
})

describe('by vectors, where letters do not tell', () => {
  const one = long('until it is thick.')
  const other = long('for days in the dark.')

  test.each([
    [0.9, 'agree'],
    [0.85, 'agree'],
    [0.7, 'unclear'],
    [0.49, 'differ'],
    [null, 'unclear'],
  ] as const)('a cosine of %s: %s', async (cosine, said) => {
    expect(await compareAnswers(one, other, async () => cosine)).toBe(said)
  })

  test('other numbers do not agree, however near the vectors lie', async () => {
    expect(await compareAnswers(`${one} 12 days.`, `${other} 30 days.`, async () => 0.99)).toBe('unclear')
  })

  test('nobody is asked for vectors where letters tell', async () => {
    const asked: string[] = []
    await compareAnswers('Paris', 'Rome', async (text) => {
      asked.push(text)
      return 1
    })
    expect(asked).toEqual([])
  })
})

test('the text of an answer is all its pieces', () => {
  expect(textOf(answerOf())).toBe('Paris.')
})
