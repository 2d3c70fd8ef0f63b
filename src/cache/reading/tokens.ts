/** A piece of a text as it stands there; what lies between two pieces is space. */
export interface Token {
  kind: 'word' | 'digits' | 'address' | 'mark'
  text: string
  start: number
  end: number
}

// Scripts without spaces between words are read letter by letter.
const spaceless = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]`
const letter = String.raw`(?:(?!${spaceless})[\p{L}\p{M}])`
const pattern = new RegExp(
  [
    String.raw`(?<address>(?:https?:\/\/|www\.)\S*[^\s.,;:!?)]|[^\s@(]+@[^\s@]+\.\p{L}{2,})`,
    String.raw`(?<word>(?<!\p{L})(?:\p{L}\.){2,}(?:\p{L}(?!\p{L}))?|${spaceless}\p{M}*|${letter}+(?:'${letter}+)*)`,
    String.raw`(?<digits>\p{Nd}+(?:[.,:\/]\p{Nd}+)*)`,
    String.raw`(?<mark>\p{RI}{2}|\p{Emoji_Presentation}(?:\p{M}|‍\p{So}|\p{Emoji_Modifier}|[\u{e0020}-\u{e007f}])*|[^\s])`,
  ].join('|'),
  'gu',
)

/** Cuts a text, whose characters are normalised already, into words, numbers, addresses and single marks. */
export const tokensOf = (text: string): readonly Token[] =>
  Array.from(text.matchAll(pattern), (match) => {
    const { address, word, digits } = match.groups ?? {}
    const kind = address ? 'address' : word ? 'word' : digits ? 'digits' : 'mark'
    return { kind, text: match[0], start: match.index, end: match.index + match[0].length }
  })

/** Whether two tokens stand side by side without a space. */
export const areGlued = (left: Token | undefined, right: Token | undefined): boolean =>
  left !== undefined && right !== undefined && left.end === right.start
