import { smallWordsByLanguage } from './words/languages.ts'

const scripts: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Latin', /\p{Script=Latin}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Arabic', /\p{Script=Arabic}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Devanagari', /\p{Script=Devanagari}/u],
  ['Han', /\p{Script=Han}/u],
  ['Kana', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['Hangul', /\p{Script=Hangul}/u],
  ['Thai', /\p{Script=Thai}/u],
]

/** A language is believed from this many of its small words on. */
const enough = 2

interface Scripts {
  scripts: readonly string[]
  language: string | null
  foreign: readonly string[]
}

/** The scripts of a text's words, and the language where its small words tell it. */
export const readScripts = (words: readonly { text: string; isNumber: boolean }[]): Scripts => {
  const seen = new Set<string>()
  const foreign: string[] = []
  for (const { text, isNumber } of words) {
    if (isNumber) continue
    const script = scriptOf(text)
    seen.add(script)
    if (script !== 'Latin') foreign.push(text)
  }
  return { scripts: [...seen].sort(), language: languageOf(words.map(({ text }) => text)), foreign: foreign.sort() }
}

const scriptOf = (word: string): string => {
  if (/^[a-z]/u.test(word)) return 'Latin'
  return scripts.find(([, pattern]) => pattern.test(word))?.[0] ?? 'another script'
}

/** English wins a draw: its words turn up in questions about other languages least. */
const languageOf = (words: readonly string[]): string | null => {
  let best: { language: string | null; hits: number } = { language: null, hits: enough - 1 }
  for (const [language, small] of smallWordsByLanguage) {
    const hits = words.filter((word) => small.has(word)).length
    if (hits > best.hits) best = { language, hits }
  }
  return best.language
}
