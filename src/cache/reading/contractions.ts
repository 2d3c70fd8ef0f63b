// Written without the apostrophe, where that is no word of its own ("well", "ill" and "its" are).
const bare: Readonly<Record<string, string>> = {
  aint: "ain't",
  arent: "aren't",
  cant: "can't",
  couldnt: "couldn't",
  didnt: "didn't",
  doesnt: "doesn't",
  dont: "don't",
  hadnt: "hadn't",
  hasnt: "hasn't",
  havent: "haven't",
  hows: "how's",
  im: "i'm",
  isnt: "isn't",
  ive: "i've",
  mustnt: "mustn't",
  neednt: "needn't",
  shouldnt: "shouldn't",
  shouldve: "should've",
  couldve: "could've",
  wouldve: "would've",
  thats: "that's",
  theres: "there's",
  theyre: "they're",
  theyve: "they've",
  wasnt: "wasn't",
  werent: "weren't",
  weve: "we've",
  whats: "what's",
  wheres: "where's",
  wont: "won't",
  wouldnt: "wouldn't",
  youre: "you're",
  youve: "you've",
}

const irregular: Readonly<Record<string, readonly string[]>> = {
  "can't": ['can', 'not'],
  "won't": ['will', 'not'],
  "shan't": ['shall', 'not'],
  cannot: ['can', 'not'],
  "let's": ['let', 'us'],
  "y'all": ['you', 'all'],
  gonna: ['going', 'to'],
  wanna: ['want', 'to'],
  gotta: ['got', 'to'],
}

const endings: readonly [ending: string, word: string][] = [
  ["'ll", 'will'],
  ["'re", 'are'],
  ["'ve", 'have'],
  ["'m", 'am'],
]

/** After these, 's is "is"; after a name it says whose. */
const subjects = new Set(
  'it he she that this there here what who where when why how which everyone everything something nothing'.split(' '),
)
const perfect = new Set(['been', 'got', 'had', 'become'])
const wishes = new Set('like love prefer rather want be have'.split(' '))

/**
 * The words that a folded word stands for: "don't" → do, not. Only where it cannot mean anything else: whose something is (Mary's) and
 * an unclear 'd (he'd) stay as they are. `next` is the word behind it, which tells "has" from "is".
 */
export const expandContraction = (word: string, next = ''): readonly string[] => {
  const written = Object.hasOwn(bare, word) ? (bare[word] ?? word) : word
  if (Object.hasOwn(irregular, written)) return irregular[written] ?? [written]
  if (!written.includes("'")) return [written]
  if (written.endsWith("n't") && written !== "ain't") return [written.slice(0, -3), 'not']
  for (const [ending, full] of endings)
    if (written.length > ending.length && written.endsWith(ending)) return [written.slice(0, -ending.length), full]
  const subject = written.slice(0, -2)
  if (written.endsWith("'s") && subjects.has(subject)) return [subject, perfect.has(next) ? 'has' : 'is']
  if (written.endsWith("'d") && wishes.has(next)) return [subject, 'would']
  if (written.endsWith("'d") && next === 'better') return [subject, 'had']
  return [written]
}
