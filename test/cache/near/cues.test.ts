import { describe, expect, test } from 'vitest'
import { hasForeignScript, namesSomebody, stakesOf, strangeShare } from '../../../src/cache/near/cues.ts'

const health = `
What are the first symptoms of measles?
How is gout diagnosed?
Is a cold contagious after five days?
Can I take ibuprofen with wine?
How much paracetamol may a child have?
What are the side effects of statins?
Do I need antibiotics for a sore throat?
Which vaccines does a baby need?
When should I see a doctor about a cough?
How long does surgery on the knee take?
What does physical therapy for a shoulder look like?
Is diabetes inherited?
What helps against a migraine?
Why do I have a headache every morning?
My stomach aches after I eat, why?
What can I do about a rash on my arm?
Which foods are bad during pregnancy? Am I safe as a pregnant woman?
Is it safe to fly while pregnant?
How do I deal with anxiety at night?
Where can I find help with depression? I feel depressed.
What is normal blood pressure at sixty?
How can I lower my cholesterol?
How fast can I lose weight?
Is this mushroom poisonous or toxic?
What causes acne?
How do I treat a burn from hot oil?
My child swallowed bleach, what now?
Why does my chest feel tight?
What is a safe amount of melatonin?
How do I know if my ankle is broken or sprained?
`

const law = `
Is it legal to record a phone call?
Can I sue a neighbour over noise?
Do I need a lawyer to buy a house?
What does a judge do in a trial by jury?
How do I get out of a contract early?
Who gets custody after a separation?
How does a divorce work?
Can a landlord keep the deposit?
What rights does a tenant have?
How do I apply for a visa?
What is the way to citizenship?
How do I renew a passport?
Is shoplifting a crime?
What happens after an arrest?
How long is prison for fraud?
Can I quote a song, or is it under copyright?
How do I register a trademark?
What does a patent cover?
What does the GDPR say of cookies?
Which regulations hold for drones?
What is the age of consent?
Who inherits a house without a will? How does inheritance work?
What is the difference between a felony and a misdemeanor?
Is it illegal to ride without a helmet?
How do I seek asylum?
Can the police search my car without a warrant?
Can my employer fire me for being ill?
`

const money = `
Should I invest in gold?
Which stocks pay dividends?
Are bonds safer than shares on the market? Are bonds safe?
What is an ETF?
How do mutual funds work?
Is bitcoin a good idea?
How do I buy crypto?
How do I get a loan?
Which mortgage is better, fixed or variable?
How do I raise my credit score?
How can I get out of debt?
What happens in bankruptcy?
When should one refinance?
What is APR?
How much tax do I pay on a gift?
Is VAT due on books?
What does the IRS want from me?
What is a 401k?
When can I draw a pension?
Do I need travel insurance?
What is a fair salary for a nurse?
How do I send a wire transfer?
Where do I ask for a refund?
How do I open a bank account? Are bank accounts safe?
What is an annuity?
How do I write an invoice?
How much should I save for retirement?
`

const personal = `
Where is my order?
Has order 48213 been shipped?
What about ticket #881?
What is the status of case number 12345?
Please look at invoice no. 2231
Write to ada@example.com about it
Call +49 170 1234567 for me
What is my account balance?
When is my wife coming?
What should I tell my boss?
How do I fix my laptop?
Where is my booking?
How do I reset my password?
What is my phone doing?
When does my subscription end?
Is 192.168.1.7 up?
Who has 078-05-1120?
Look up 123e4567-e89b-12d3-a456-426614174000
Where is DE89 3704 0044 0532 0130 00?
What is ab12cd34ef56ab78cd90 for?
Is our server down?
What is wrong with our website?
What did my daughter draw?
When is our payment due?
Where is reservation 99812?
Which gifts does my husband like?
`

const everyday = `
How do bees make honey?
Why is the sky blue?
What is the capital of Peru?
How tall is the Eiffel Tower?
Who wrote War and Peace?
How do I boil an egg?
What is a good name for a cat?
How do I tie a tie?
What does a conductor do?
How are pearls made?
What is the tallest mountain in Africa?
How does a bicycle stay upright?
Who painted the Night Watch?
How do I learn to swim?
What should I see in Lisbon?
How do I train a puppy?
Why do leaves change colour?
How do I plant tomatoes?
What is photosynthesis?
How do magnets work?
What is a haiku?
How do I bake sourdough bread?
Which planet is the largest?
How many strings does a violin have?
What is the speed of light?
How do I become a better speaker?
Who invented the telephone?
How does a steam engine work?
Why do cats purr?
What is the longest river in Europe?
How do I clean a leather sofa?
What makes thunder?
How do I make friends in a new town?
What is the difference between jam and jelly?
How is paper made?
Why is the sea salty?
What is the plot of Hamlet?
How do I draw a horse?
How does a compass work?
What is a prime number?
How do I convert miles to kilometres?
What is the square root of 144?
How do I memorise a poem?
Which birds can fly backwards?
How do I iron a shirt?
What is a black hole?
How do I stop procrastinating?
Why do we dream?
How do I wrap a present?
Where do penguins live?
How does Wi-Fi work?
What is machine learning?
How do I start a conversation?
What is a good book for a long flight?
How is glass made?
What did the Romans eat?
How do I remove a coffee stain?
What is the origin of chess?
How do I sharpen a knife?
Why do onions make us cry?
How long does it take to learn the piano?
What is the meaning of serendipity?
How far is the Moon?
What is an eclipse?
`

const lines = (text: string): readonly string[] => text.trim().split('\n')

describe.each([
  ['health', health],
  ['law', law],
  ['money', money],
])('of %s', (stakes, sentences) => {
  test.each(lines(sentences))('%s', (sentence) => {
    expect(stakesOf(sentence)).toBe(stakes)
  })
})

test.each(lines(personal))("somebody's own matter: %s", (sentence) => {
  expect(namesSomebody(sentence)).toBe(true)
})

test('everyday questions are none of these, but for one in twenty at most', () => {
  const all = lines(everyday)
  const alarms = all.filter((sentence) => stakesOf(sentence) !== null || namesSomebody(sentence))
  expect(all.length).toBeGreaterThanOrEqual(60)
  expect(alarms.length / all.length, alarms.join('\n')).toBeLessThanOrEqual(0.05)
})

test('signs that an English reader does not know are counted, other scripts are seen by a single letter', () => {
  expect(strangeShare('How do bees make honey?')).toBe(0)
  expect(strangeShare('')).toBe(0)
  expect(strangeShare('ab→→')).toBe(0.5)
  expect(hasForeignScript('Où est le café, Zoë?')).toBe(false)
  expect(hasForeignScript('What does мир mean?')).toBe(true)
})
