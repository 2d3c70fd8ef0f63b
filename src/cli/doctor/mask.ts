const gramLength = 8
/** Shorter texts are words, not secrets: masking them would make the report unreadable. */
const shortest = 4

/**
 * A function that blots secrets out of text: the whole of each, and any eight characters in a row of one, since a
 * gateway may quote a part. Also as they stand in JSON, in a URL and in base64.
 */
export const createMask = (secrets: readonly string[]): ((text: string) => string) => {
  const grams = new Set(secrets.flatMap(spellings).flatMap(gramsOf))
  const lengths = [...new Set([...grams].map(({ length }) => length))]
  if (grams.size === 0) return (text) => text
  return (text) => {
    const hidden = new Set<number>()
    for (let start = 0; start < text.length; start += 1)
      for (const length of lengths)
        if (grams.has(text.slice(start, start + length)))
          for (let at = start; at < start + length; at += 1) hidden.add(at)
    return hidden.size === 0 ? text : blot(text, hidden)
  }
}

const spellings = (secret: string): string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64'),
]

const gramsOf = (text: string): string[] => {
  if (text.length < shortest) return []
  if (text.length <= gramLength) return [text]
  return Array.from({ length: text.length - gramLength + 1 }, (_, start) => text.slice(start, start + gramLength))
}

const blot = (text: string, hidden: ReadonlySet<number>): string => {
  let blotted = ''
  for (let at = 0; at < text.length; at += 1)
    if (!hidden.has(at)) blotted += text[at]
    else if (!hidden.has(at - 1)) blotted += '[secret]'
  return blotted
}

/** Foreign text on one line, without anything that a terminal would act on, cut after it was masked. */
export const quoteWith =
  (mask: (text: string) => string) =>
  (text: string, maxLength = 200): string => {
    const line = mask(text)
      .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim()
    return line.length <= maxLength ? line : `${line.slice(0, maxLength)}…`
  }
