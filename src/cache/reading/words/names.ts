import { wordsOf } from './list.ts'

// Names of one line are the same thing. Compared without dots and in lower case; phrases are written with a hyphen.
const aliases = `
  us usa u.s u.s.a u.s. america united-states united-states-of-america american americans
  uk u.k u.k. britain great-britain united-kingdom british
  un united-nations
  eu european-union
  uae united-arab-emirates
  china chinese
  france french
  germany german germans
  england english
  spain spanish
  netherlands dutch holland
  switzerland swiss
  ireland irish
  turkey turkish
  greece greek
  poland polish
  denmark danish
  sweden swedish
  finland finnish
  scotland scottish
  thailand thai
  philippines filipino filipinos
  ai artificial-intelligence
  ml machine-learning
  nyc new-york new-york-city
  la los-angeles
  wwi ww1 world-war-1
  wwii ww2 world-war-2
  js javascript
  ts typescript
  k8s kubernetes
  postgres postgresql
  db database databases
  cs computer-science
  hp harry-potter
  got game-of-thrones
  gst goods-and-services-tax
  tv television
  pc computer
  cv resume résumé
  phd ph.d ph.d. doctorate
`

const aliasByName = new Map<string, string>()
let longest = 1
for (const line of aliases.trim().split('\n')) {
  const names = wordsOf(line)
  for (const name of names) {
    aliasByName.set(name.replaceAll('-', ' '), names[0] ?? name)
    longest = Math.max(longest, name.split('-').length)
  }
}

/** One name for what has several; undefined for what has none. */
export const aliasOf = (name: string): string | undefined => aliasByName.get(name)

/** The number of words in the longest name. */
export const longestAlias = longest
