import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { guards, objectionsTo } from '../../../src/cache/guards/index.ts'
import { readQuestion } from '../../../src/cache/reading/question.ts'

const vetoesOf = (a: string, b: string): readonly string[] =>
  objectionsTo(readQuestion(a), readQuestion(b)).map(({ guard }) => guard)

const vetoed: Record<string, readonly (readonly [string, string])[]> = {
  numbers: [
    ['How do I run 5 km?', 'How do I run 10 km?'],
    ['How do I run 5 km?', 'How do I run five miles?'],
    ['Who was king in 1714?', 'Who was king?'],
    ['What is -4 plus a lot?', 'What is 4 plus a lot?'],
    ['What is half a cup of flour?', 'What is twice a cup of flour?'],
    ['Does the shop open at 5 am?', 'Does the shop open at 5pm?'],
  ],
  ids: [
    ['Where can I read about the A320 wing?', 'Where can I read about the B320 wing?'],
    ['What is new on example.org/a?', 'What is new on www.example.com/b?'],
  ],
  capitals: [
    ['How does SSL renew keys?', 'How does SSH renew keys?'],
    ['How does IT work here?', 'How does it work here?'],
  ],
  names: [
    ['How big is Norway in winter?', 'How big is Iceland in winter?'],
    ['Lisbon has many hills', 'Bergen has many hills'],
    ['How do China and Chinese music differ?', 'How do Zimbabwe and Chinese music differ?'],
  ],
  negation: [
    ['Why does my cat eat grass?', "Why doesn't my cat eat grass?"],
    ['Is it possible to whistle under water?', 'Is it impossible to whistle under water?'],
    ['How do I bake bread with no oven?', 'How do I bake bread in an oven?'],
  ],
  opposites: [
    ['How do I enable dark mode?', 'How do I disable dark mode?'],
    ['Should I stretch before a run?', 'Should I stretch after a run?'],
    ['How do I log in to my mail?', 'How do I log out of my mail?'],
  ],
  'question-word': [['Who painted the ceiling?', 'When was the ceiling painted?']],
  language: [
    ['What is the way to the station and when does it open?', 'Was ist der Weg und wie komme ich mit dem Bus?'],
    ['What is tea?', 'Что такое чай?'],
  ],
  symbols: [
    ['Which book teaches C++ best?', 'Which book teaches C best?'],
    ['What does 😀 mean?', 'What does 😡 mean?'],
    ['How is 猫 read?', 'How is 犬 read?'],
  ],
  order: [
    ['Did Anna call Bert?', 'Did Bert call Anna?'],
    ['How do I get from Porto to Faro?', 'How do I get to Porto from Faro?'],
    ['Did Anna understand Bert?', 'Was Anna understood by Bert?'],
  ],
}

const allowed: readonly (readonly [string, string])[] = [
  ['How do I run 5 km?', 'How can I run five kilometres?'],
  ['Is 10k a good salary?', 'Is 10,000 a good salary?'],
  ['What ended World War II?', 'What ended World War 2?'],
  ['How heavy is one egg?', 'How heavy is 1 egg?'],
  ['How old is the iPhone 6?', 'How old is the iPhone6?'],
  ['What is SQL good for?', 'What is sql good for?'],
  ['How is machine learning taught?', 'How is ML taught?'],
  ['Who rules the United States?', 'Who rules the USA?'],
  ['How is India governed?', 'How is the Indian state governed?'],
  ['Why is it not possible to fly?', 'Why is it impossible to fly?'],
  ['How do I become a person who is not shy?', 'How do I become a confident person?'],
  ['How can I become more patient?', 'How can I become less impatient?'],
  ["Why can't I sleep?", 'Why can I not sleep?'],
  ['Should I wait or not?', 'Should I wait?'],
  ['Is tea or coffee older?', 'Is coffee or tea older?'],
  ['Is Anna married to Bert?', 'Is Bert married to Anna?'],
  ['Did Anna understand Bert?', 'Was Bert understood by Anna?'],
  ['How warm is Rome in May?', 'In May, how warm is Rome?'],
  ['How do I repair a bycicle tyre?', 'How do I repair a bicycle tyre?'],
  ['What is the reason for rain?', 'Why does it rain?'],
]

describe.each(Object.entries(vetoed))('%s', (guard, pairs) => {
  test.each(pairs)('objects to %j and %j', (a, b) => {
    expect(vetoesOf(a, b)).toContain(guard)
  })
})

test.each(allowed)('nothing speaks against %j and %j', (a, b) => {
  expect(vetoesOf(a, b)).toEqual([])
})

test('every guard is tried here, and has a name of its own', () => {
  expect(Object.keys(vetoed).toSorted()).toEqual(guards.map(({ name }) => name).toSorted())
})

test('says what differs, and no more than that', () => {
  const [first] = objectionsTo(
    readQuestion('How far is Oslo from 12 hills?'),
    readQuestion('How far is Oslo from 13 hills?'),
  )
  expect(first).toEqual({ guard: 'numbers', reason: 'other numbers: 12 against 13' })
})

const texts = [...Object.values(vetoed), allowed].flat(2)

test('vetoes alike in both directions, and never a text against itself', () => {
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.constantFrom(...texts), (a, b) => {
      expect(vetoesOf(b, a)).toEqual(vetoesOf(a, b))
      expect(vetoesOf(a, a)).toEqual([])
    }),
    { numRuns: 200 },
  )
})

test('reads whatever is written', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      expect(vetoesOf(text, text)).toEqual([])
    }),
    { numRuns: 200 },
  )
})
