/** A word with what stands before it: whether a comma, a stop or a line break parts it from the word before. */
export interface Spoken {
  text: string
  isParted: boolean
}

const asks = new Set(
  'what whats which who whom whose when where why how is are was were do does did can could should would will has have if whether'.split(
    ' ',
  ),
)
const phrases = (list: string): readonly (readonly string[])[] =>
  list.split('|').map((phrase) => phrase.trim().split(' '))

/** Go where something follows them. */
const openers = phrases(
  'can you please|could you please|would you please|will you please|can you kindly|could you kindly|please|pls|plz|kindly',
)
/** Go where a question follows them: "Tell me what …", not "Tell me a joke". */
const leads = phrases(
  'tell me|can you tell me|could you tell me|would you tell me|will you tell me|let me know|i would like to know|i want to know|' +
    'i need to know|i wanted to know|i was wondering|i am wondering|just wondering|i wonder|i have a question|i have a quick question|' +
    'quick question|a quick question|can you explain to me|please',
)
/** Go where something parts them from what follows, or a question follows. */
const greetings = phrases(
  'good morning|good afternoon|good evening|hi there|hello there|hey there|hi all|hello all|hi everyone|hello everyone|hi|hello|hey|' +
    'greetings|dear all|dear sir|excuse me|sorry to bother you',
)
/** Go at the end where something parts them from what stands before. */
const closers = phrases(
  'thanks in advance|many thanks in advance|thank you in advance|thank you so much|thank you very much|thanks a lot|thanks so much|' +
    'many thanks|thank you|thanks|thx|ty|cheers|please answer|please help|please tell me|please explain|please|pls|plz|kindly',
)
/** After "please" these make it the thing spoken of: "Please and thank you". */
const mentions = new Set('and or in is as vs means mean meaning but versus to'.split(' '))

/**
 * Takes greetings, requests and thanks off a text's ends, where they are nothing but manners. What could be spoken of stays: "How do
 * you say thank you?" asks for another answer than "How do you say please?".
 */
export const withoutPoliteness = (words: readonly Spoken[]): readonly Spoken[] => {
  let rest = words
  for (;;) {
    const shorter = withoutCloser(withoutOpener(rest))
    if (shorter.length === rest.length) return rest
    rest = shorter
  }
}

const withoutOpener = (words: readonly Spoken[]): readonly Spoken[] => {
  for (const [list, mayGo] of [
    [greetings, (next: Spoken) => next.isParted || (asks.has(next.text) && next.text !== 'is')],
    [leads, (next: Spoken) => asks.has(next.text)],
    [openers, (next: Spoken) => !mentions.has(next.text)],
  ] as const)
    for (const phrase of list) {
      const next = words[phrase.length]
      const isThere = phrase.every((word, at) => words[at]?.text === word && (at === 0 || !words[at]?.isParted))
      if (isThere && next && mayGo(next) && next.text !== 'world') return words.slice(phrase.length)
    }
  return words
}

const withoutCloser = (words: readonly Spoken[]): readonly Spoken[] => {
  for (const phrase of closers) {
    const from = words.length - phrase.length
    const isThere = phrase.every((word, at) => words[from + at]?.text === word)
    if (from > 0 && isThere && words[from]?.isParted) return words.slice(0, from)
  }
  return words
}
