/**
 * Whether two words are one letter apart: one put in, left out, exchanged, or two neighbours swapped. Short words are never taken for
 * slips of each other (cat, car), nor are words that differ in the first letter (gain, pain), nor words with digits.
 */
export const isSlip = (a: string, b: string): boolean => {
  if (Math.min(a.length, b.length) < 5 || a[0] !== b[0] || a === b) return false
  if (/[^\p{L}]/u.test(a) || /[^\p{L}]/u.test(b)) return false
  return areOneEditApart(a, b)
}

/** As isSlip, for names, which are often one letter apart: only a swap, a loss or a doubling within the name (not Maria, Mario). */
export const isSlipInName = (a: string, b: string): boolean => {
  if (!isSlip(a, b) || a.at(-1) !== b.at(-1)) return false
  return a.length !== b.length || isSwap(a, b)
}

const firstDifference = (a: string, b: string): number => {
  let at = 0
  while (at < a.length && a[at] === b[at]) at += 1
  return at
}

const isSwap = (a: string, b: string): boolean => {
  const at = firstDifference(a, b)
  return a.length === b.length && a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2)
}

const areOneEditApart = (a: string, b: string): boolean => {
  if (a.length > b.length) return areOneEditApart(b, a)
  if (b.length - a.length > 1) return false
  const at = firstDifference(a, b)
  if (a.length < b.length) return a.slice(at) === b.slice(at + 1)
  return a.slice(at + 1) === b.slice(at + 1) || isSwap(a, b)
}
