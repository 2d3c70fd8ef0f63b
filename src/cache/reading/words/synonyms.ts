import { wordsOf } from './list.ts'

/** Words of one line say much the same in a question; a word belongs to its first line. Read by the verifier only, never by a veto. */
const groups = `
  best good great top finest ideal perfect excellent favorite favourite recommended
  bad terrible awful poor horrible
  way method technique approach procedure process steps step means manner strategy ways methods
  tip tips advice suggestion suggestions recommend suggest hint hints trick tricks
  learn study master understand
  improve enhance better increase boost develop strengthen sharpen
  reduce lower decrease cut lessen lose shed
  buy purchase order
  begin start commence initiate started beginning
  end finish complete conclude
  stop quit cease
  quickly fast quick rapidly rapid speedy soon
  job work career employment occupation profession
  earn make get obtain gain acquire receive
  money cash income
  big large huge giant great enormous massive
  small little tiny
  important significant essential crucial key vital necessary
  difference distinction differences differ different vs versus distinguish
  similar alike same
  cause reason causes reasons why
  effect impact consequence effects consequences influence result results
  happen occur occurs happens
  fix repair solve resolve mend
  problem issue trouble problems issues difficulty
  error fault bug mistake errors
  help assist aid support
  show display demonstrate
  explain describe tell clarify
  mean define meaning definition means stand signify
  use utilize utilise using employ used usage application uses
  remove delete erase uninstall eliminate rid
  create make build develop construct write design
  choose select pick decide
  change alter modify edit switch convert
  find locate search discover look
  think believe feel consider opinion opinions thoughts view views
  people person persons folks humans individuals someone
  child kid children kids
  woman lady female girl women girls
  man guy male boy men boys
  doctor physician
  movie film movies films
  song music track songs
  picture photo image pictures photos images pic pics
  phone mobile smartphone cellphone
  computer pc laptop
  car automobile vehicle cars
  site website webpage page sites websites
  app application program software apps
  book novel books
  country nation countries
  city town
  house home
  company firm business corporation companies organization
  university college school institute
  exam test examination exams tests
  student pupil students pupils
  marks score grade grades scores
  salary pay wage wages salaries income
  price cost fee prices costs charge rate
  cheap inexpensive affordable
  expensive costly pricey
  possible feasible able can
  hard difficult tough challenging
  easy simple easily
  happy glad cheerful happiness
  sad unhappy depressed
  angry mad upset
  scared afraid fear frightened
  love like adore enjoy
  hate dislike detest
  smart intelligent clever bright
  beautiful pretty attractive gorgeous
  weight fat kg pounds
  sick ill
  illness disease sickness condition
  pain ache hurt hurts painful
  medicine drug medication
  eat consume food
  pregnant pregnancy
  sex intercourse
  symptom sign symptoms signs
  treat cure treatment remedy remedies heal
  safe secure security
  kill murder
  war conflict
  president leader
  election vote elections
  true real genuine actual correct
  fake false
  always constantly
  often frequently usually
  maximum max most highest
  minimum min least lowest
  amount number quantity
  total sum
  each every per
  also too
  currently now presently today nowadays
  future later
  prepare preparation preparing ready
  apply application applying
  visit travel trip tour
  place location places spot destination
  watch see view
  listen hear
  speak talk communicate
  language tongue
  word term words
  question query questions
  answer reply response answers
  account profile
  password passcode
  recover restore retrieve regain
  increase raise grow growth
  need require required must
  want wish desire
  try attempt
  permanently forever
  guy man
  hair hairs
  skin complexion face
  sleep asleep
  tired exhausted fatigue
  get become
  invent inventor invented creator created
  famous popular well-known
  strange weird odd
  rich wealthy
  poor needy
  us usa america american states
  uk britain england british
  india indian indians
  hire recruit
  teach educate train
  send transfer transmit
  avoid prevent
  compare comparison
  good nice decent
  benefit advantage benefits advantages pros
  drawback disadvantage drawbacks disadvantages cons
  right correct
  quit leave resign
  interesting fascinating
  funny hilarious
  overcome beat conquer
  considered regarded deemed
`

const groupByWord = new Map<string, number>()
for (const [group, line] of groups.trim().split('\n').entries())
  for (const word of wordsOf(line)) if (!groupByWord.has(word)) groupByWord.set(word, group)

/** The line that a folded word or its stem belongs to; undefined where it is in none. */
export const meaningOf = (word: string, stem: string): number | undefined =>
  groupByWord.get(word) ?? groupByWord.get(stem)
