/** What is left of a text when its form is taken away: every word and sign that can mean something, in its order. */
export const canonicalText = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s.?!]+$/u, '')
    .replace(/\s+/gu, ' ')
    .trim()
