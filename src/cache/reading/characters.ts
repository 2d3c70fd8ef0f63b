// Compatibility normalisation (NFKC) would read 10⁶ as 106, 1½ as 11⁄2 and 10₂ as 102.
const superscripts = /[⁰¹²³⁴-⁹⁺⁻]+/gu
const subscriptsOfNumbers = /(?<=\p{Nd})[₀-₉]+/gu
const fractions = /[¼-¾⅐-⅞]/gu

/** Invisible marks of format: soft hyphens, joiners within Latin text, directions, variation selectors. Flags are made of tags, which stay. */
const invisible =
  /[\u{ad}\u{200b}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2060}\u{2066}-\u{2069}\u{feff}]|\u{fe0e}|\u{fe0f}|(?<![^\p{ASCII}])(?:\u{200c}|\u{200d})/gu

/**
 * One character for what is written in several ways: full-width forms, ligatures, typographic quotes and dashes, fractions. What
 * stands for a value of its own (an exponent) is kept apart.
 */
export const normalizeCharacters = (text: string): string =>
  text
    .replace(superscripts, (digits) => `^${digits.normalize('NFKC')}`)
    .replace(subscriptsOfNumbers, (digits) => `_${digits.normalize('NFKC')}`)
    .replace(fractions, (fraction) => ` ${fraction.normalize('NFKC')} `)
    .replaceAll('№', '#')
    .normalize('NFKC')
    .replace(invisible, '')
    .replace(/[‘’‚‛`´ʼʹ′]/gu, "'")
    .replace(/[“”„‟«»″〝〞]/gu, '"')
    .replace(/[‐-―−]/gu, '-')
    .replaceAll('⁄', '/')

/** Folds case letter by letter. ß and ss stay apart, since Maße are not Masse. */
export const foldCase = (text: string): string => text.toLowerCase().replaceAll('ς', 'σ')
