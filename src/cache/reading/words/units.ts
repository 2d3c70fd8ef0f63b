import { wordsOf } from './list.ts'

// The first word of a line is the unit's name here.
const units = `
  % percent percentage pct
  kg kilogram kilograms kilo kilos kgs
  g gram grams gm gms
  mg milligram milligrams
  lb lbs pound pounds
  oz ounce ounces
  t tonne tonnes ton tons
  km kilometer kilometers kilometre kilometres kms
  m meter meters metre metres
  cm centimeter centimeters centimetre centimetres cms
  mm millimeter millimeters millimetre millimetres
  mi mile miles
  ft foot feet
  inch inches
  yd yard yards
  l liter liters litre litres
  ml milliliter milliliters millilitre millilitres
  gal gallon gallons
  cup cups
  tb terabyte terabytes
  gb gigabyte gigabytes gig gigs
  mb megabyte megabytes
  kb kilobyte kilobytes
  mbps
  gbps
  hz hertz
  mhz megahertz
  ghz gigahertz
  w watt watts
  kw kilowatt kilowatts
  kwh
  v volt volts
  mah
  °c c celsius
  °f f fahrenheit
  kmh kph
  mph
  h hour hours hr hrs
  min minute minutes mins
  s second seconds sec secs
  ms millisecond milliseconds
  day days
  week weeks wk wks
  month months
  year years yr yrs yo
  decade decades
  century centuries
  usd $ dollar dollars bucks
  eur € euro euros
  gbp £ quid
  inr ₹ rupee rupees rs
  jpy ¥ yen
  cny yuan rmb
  cent cents
  am a.m.
  pm p.m.
  bit bits
  byte bytes
  degree degrees
  acre acres
  calorie calories kcal cal
`

const unitByWord = new Map<string, string>()
for (const line of units.trim().split('\n')) {
  const words = wordsOf(line)
  for (const word of words) unitByWord.set(word, words[0] ?? word)
}

/** One name for a unit however it is written. Letters that are rather something else (c, f, g…) count only when glued to the digits. */
export const unitOf = (word: string, glued: boolean): string | undefined =>
  word.length === 1 && !glued && /\p{L}/u.test(word) ? undefined : unitByWord.get(word)
