/** The words of a list that is written with spaces and line breaks between them. */
export const wordsOf = (list: string): readonly string[] => list.trim().split(/\s+/u)

export const setOf = (list: string): ReadonlySet<string> => new Set(wordsOf(list))
