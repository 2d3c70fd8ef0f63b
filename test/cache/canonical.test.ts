import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalText } from '../../src/cache/canonical.ts'

const content = 'river bridge copper garden violin planet sailor winter camera butter'.split(' ')
const sentence = fc
  .uniqueArray(fc.constantFrom(...content), { minLength: 3, maxLength: 8 })
  .map((words) => `what does the ${words.join(' the ')} do`)

const formats: readonly ((text: string) => string)[] = [
  (text) => text.toUpperCase(),
  (text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}?`,
  (text) => `  ${text.replaceAll(' ', '  ')}\n`,
  (text) => `${text}?!`,
  (text) => `“${text}”`,
  (text) => `Please tell me: ${text}?`,
  (text) => `Hi, could you please tell me ${text}? Thanks!`,
  (text) => text.replace('the ', 'the, '),
]

test('a variation of format is always the same text', () => {
  fc.assert(
    fc.property(sentence, fc.constantFrom(...formats), fc.constantFrom(...formats), (text, one, other) => {
      expect(canonicalText(one(text))).toBe(canonicalText(other(text)))
    }),
    { numRuns: 200 },
  )
})

test('a word more, a word less, another word or another order is another text', () => {
  const words = fc.uniqueArray(fc.constantFrom(...content), { minLength: 3, maxLength: 8 })
  fc.assert(
    fc.property(words, fc.nat(), fc.string({ unit: 'grapheme', minLength: 1 }), (some, seed, anything) => {
      const at = seed % (some.length - 1)
      const [first = '', second = ''] = [some[at], some[at + 1]]
      const canonical = canonicalText(some.join(' '))
      const changes = [
        some.toSpliced(at, 0, 'lantern'),
        some.toSpliced(at, 1),
        some.toSpliced(at, 1, 'lantern'),
        some.toSpliced(at, 2, second, first),
        /[\p{L}\p{N}]/u.test(anything) ? some.toSpliced(at, 0, `x${anything}`) : some.toSpliced(at, 1),
      ]
      for (const changed of changes) expect(canonicalText(changed.join(' '))).not.toBe(canonical)
    }),
    { numRuns: 200 },
  )
})

test.each([
  ["What's new? I don't know", 'what is new, i do not know'],
  ['I can’t', 'i cannot'],
  ['He has 1,000 dollars', 'he has 1000 dollars'],
  ['ｗｉｄｅ letters', 'wide letters'],
  ['What is 50 %?', 'what is 50%'],
  ['a well-known song', 'a well known song'],
  ['What is SQL?', 'what is sql'],
  ['How old is the U.S. president?', 'How old is the US president'],
  ['Good morning! What is a monad? Thank you so much.', 'what is a monad'],
  ['WHERE IS THE STATION', 'where is the station'],
])('%j and %j are one', (one, other) => {
  expect(canonicalText(one)).toBe(canonicalText(other))
})

describe('what means something stays', () => {
  test.each([
    ['Who is it?', 'Who is IT?'],
    ['Does she know us?', 'Does she know US?'],
    ['How many carbs has an Apple?', 'How many carbs has an apple?'],
    ['What is 10⁶?', 'What is 106?'],
    ['What is 1½?', 'What is 11/2?'],
    ['What is 3.5?', 'What is 35?'],
    ['What is -5?', 'What is 5?'],
    ['What is 5!?', 'What is 5?'],
    ['What is 5%?', 'What is 5?'],
    ['Is it $5?', 'Is it €5?'],
    ['Learn C++', 'Learn C#'],
    ['Learn C', 'Learn C#'],
    ['What is f(x)?', 'What is fx?'],
    ['What is (2+3)*4?', 'What is 2+3*4?'],
    ['What is [1,2]?', 'What is [12]?'],
    ['What does 你好 mean?', 'What does 再见 mean?'],
    ['I am 😀', 'I am 😡'],
    ['Where is 🏴󠁧󠁢󠁥󠁮󠁧󠁿?', 'Where is 🏴󠁧󠁢󠁳󠁣󠁴󠁿?'],
    ['How do you say please?', 'How do you say thank you?'],
    ['What does "please" mean?', 'What does "thanks" mean?'],
    ['Its colour', "It's colour"],
    ['We were there', "We're there"],
    ['Maße', 'Masse'],
    ['???', '!!!'],
    ['What is rm -r?', 'What is rm r?'],
    ['Is "no" a word?', 'Is "not" a word?'],
  ])('%j is not %j', (one, other) => {
    expect(canonicalText(one)).not.toBe(canonicalText(other))
  })
})
