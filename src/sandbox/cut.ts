/** How many tokens a text has. */
export type CountTokens = (text: string) => number

/** The longest beginning of `text` that counts at most `max` tokens, never half a character. */
export const cutToTokens = (text: string, max: number, countTokens: CountTokens): string => {
  if (countTokens(text) <= max) return text
  const characters = Array.from(text)
  let low = 0
  let high = characters.length
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (countTokens(characters.slice(0, middle).join('')) <= max) low = middle
    else high = middle - 1
  }
  return characters.slice(0, low).join('')
}

/** Cuts before the stop sequence that comes first; of two at the same place, the one named first. */
export const cutAtStop = (text: string, stop: readonly string[]): { text: string; stopSequence: string | null } => {
  const found = stop
    .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ sequence, at }) => sequence !== '' && at >= 0)
    .toSorted((a, b) => a.at - b.at)[0]
  return found === undefined
    ? { text, stopSequence: null }
    : { text: text.slice(0, found.at), stopSequence: found.sequence }
}

/** A text in the pieces in which it is streamed: about a word each. Joined they are the text. */
export const piecesOf = (text: string): readonly string[] => text.match(/\s*\S{1,24}|\s+$/gu) ?? []
