import { foldCase } from './characters.ts'
import { setOf } from './words/list.ts'

/** Acronyms that are no word in small letters, so that their capitals may go. Without a vowel they need not stand here. */
const plainAcronyms = setOf(`
  api apis cpu gpu usa uk eu un uae usb aws ui ux ai url uri json ide ip isp nasa nato iot ios ajax yaml toml rest-api crud cors dao jpeg gif
  ceo cfo cto coo hiv dna rna adhd iq eq gpa gdp gst upi atm emi ira irs fbi cia ufo ussr bbc isis opec asap faq diy aka fyi imo omg eta
  ias ips iit iim jee neet gate-exam gre gmat toefl ielts upsc ssc cgl mba bba bca mca phd oop orm sdk jdk ide gui cli os pc tv dvd usd eur inr
  gbp jpy html css sql php xml pdf http https ssh ssl tls tcp udp dns vpn lan wlan hp ibm amd
`)

/** Longer names in capitals that are words of their own in small letters. */
const ambiguousNames = setOf('basic swift smart spice forth basel')

/** Things and firms whose names are words, where the capital alone tells which is meant. */
const capitonyms = setOf(
  'apple rust go swift shell target word excel oracle turkey polish mercury gap chase mobile orange',
)

/**
 * Folds the case of words that stand in one text, where that cannot make two meanings one: "US", "IT" and "WHO" among small letters stay
 * as they are, and so does "Apple" within a sentence. A text that is all capitals or all small says nothing by them and is folded whole.
 */
export const foldWords = (words: readonly { text: string; startsSentence: boolean }[]): readonly string[] => {
  const texts = words.map(({ text }) => text)
  const shouts = !texts.some((text) => /\p{Ll}/u.test(text)) && texts.some(isNoAcronym)
  const isTitle = texts.length > 2 && texts.every((text) => text.length < 4 || !/^\p{Ll}/u.test(text))
  return words.map(({ text, startsSentence }) => {
    const folded = foldCase(text)
    if (shouts || folded === text) return folded
    const bare = text.replace(/(?:'s|s)$/u, '').replaceAll('.', '')
    if (/^\p{Lu}{2,4}$/u.test(bare) && !isNoAcronym(bare) && !isPlain(foldCase(bare))) return text
    if (/^\p{Lu}+$/u.test(text) && ambiguousNames.has(folded)) return text
    return !startsSentence && !isTitle && /^\p{Lu}\p{Ll}+$/u.test(text) && capitonyms.has(folded) ? text : folded
  })
}

const isPlain = (folded: string): boolean => plainAcronyms.has(folded) || !/[aeiouy]/u.test(folded)

/** A word of many letters is only said loudly. */
const isNoAcronym = (text: string): boolean =>
  /^\p{Lu}{5,}/u.test(text) || /^(?:WHAT|WHEN|DOES|THIS|THAT|WITH|FROM|HAVE|YOUR|WILL|HOW|THE|WHY)$/u.test(text)
