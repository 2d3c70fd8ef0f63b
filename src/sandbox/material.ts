/** No more of a text than this is looked at. */
const maxCharacters = 20_000

/** What stands out in a text: the stuff that simulated answers and arguments are made of. */
export interface Material {
  text: string
  /** Quoted words, and capitalised ones that do not merely begin a sentence. */
  names: readonly string[]
  numbers: readonly number[]
  /** Distinct content words in lower case, in order of appearance. */
  keyWords: readonly string[]
  sentences: readonly string[]
}

const stopWords = new Set(
  `about above after again also another answer because been before being below between both could does doing down
  each from give have having here into itself just like make many more most much must need only other please same
  should show some such tell than that their them then there these they this those through under until using very
  want were what when where which while whom will with would write your yours the and for are was you how why who
  can get has had its our out not but any all use let say said one two`.split(/\s+/),
)

const namePattern = /["“”«]([^"“”»\n]{1,60})["“”»]|\p{Lu}[\p{L}\p{N}'’-]+(?:[ \t]+\p{Lu}[\p{L}\p{N}'’-]+)*/gu
const firstWordPattern = /^[^\s]+\s*/u

/** Reads the material of a text. Deterministic, and never more than a few dozen items. */
export const readMaterial = (whole: string): Material => {
  const text = whole.slice(0, maxCharacters).toWellFormed()
  return {
    text,
    names: readNames(text),
    numbers: [...text.matchAll(/(?<![\w.])-?\d+(?:\.\d+)?(?![\w])/g)].slice(0, 20).map(([digits]) => Number(digits)),
    keyWords: contentWords(text).slice(0, 8),
    sentences: splitSentences(text),
  }
}

/** Distinct words of at least three letters that carry meaning, in lower case. */
export const contentWords = (text: string): string[] => {
  const words = text.toLowerCase().match(/\p{L}[\p{L}\p{N}]{2,}/gu) ?? []
  return [...new Set(words.filter((word) => !stopWords.has(word)))]
}

const readNames = (text: string): string[] => {
  const names = [...text.matchAll(namePattern)].flatMap((match) => {
    const [whole, quoted] = match
    if (quoted !== undefined) return [quoted.trim()]
    const before = text.slice(Math.max(0, match.index - 3), match.index)
    const beginsSentence = match.index === 0 || /[.!?]\s+$|\n$/u.test(before)
    // The first word of a sentence is capitalised anyway; what follows it within the same run is a name.
    const name = beginsSentence ? whole.replace(firstWordPattern, '') : whole
    return name === '' ? [] : [name]
  })
  return [...new Set(names)].slice(0, 12)
}

const splitSentences = (text: string): string[] => {
  return text
    .split(/(?<=[.!?])\s+|(?<=[。！？])|\n+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
    .slice(0, 40)
}
