/** An answer of 32 pieces, about 150 characters. */
export const words = Array.from({ length: 32 }, (_, index) => (index === 31 ? ' the end.' : ` w${index}.`))

/** The last piece, which no whole answer lacks. */
export const lastWords = 'the end.'
