// What a question is about, where that decides whether another's answer may serve it. Words are read whole. A false alarm costs
// a hit, a miss may cost somebody his health, so that lists lean to the side of caution.

const words = (alternatives: readonly string[]): RegExp => new RegExp(`\\b(?:${alternatives.join('|')})\\b`, 'iu')

const health = words([
  'symptoms?|diagnos\\w+|prognosis|diseases?|illness(?:es)?|disorders?|syndromes?|infections?|infected|contagious|side effects?',
  'medicines?|medications?|meds|drugs?|doses?|dosages?|overdos\\w+|prescri\\w+|antibiotics?|vaccin\\w+|insulin|steroids?|painkillers?',
  'ibuprofen|paracetamol|acetaminophen|aspirin|metformin|antidepress\\w+|opioids?|supplements?|birth control|contracepti\\w+',
  'doctors?|physicians?|surgeons?|surgery|surgeries|surgical|therap(?:y|ies|ists?)|patients?|hospitals?|clinics?|clinical|medical(?:ly)?',
  'cancers?|tumou?rs?|diabet\\w+|asthma|stroke|seizures?|epilep\\w+|hiv|aids|std|covid\\w*|flu|fevers?|coughs?|headaches?|migraines?',
  'nausea|vomit\\w*|diarrh\\w+|rash(?:es)?|bleed(?:s|ing)?|pains?|painful|aches?|hurts?|swollen|swelling|numb(?:ness)?|dizz\\w+|allerg\\w+',
  'pregnan\\w+|miscarriage|abortions?|fetus|periods? (?:late|pain|cramps?)|missed (?:my )?period|menstrua\\w+|menopaus\\w+|fertil(?:e|ity)|breast ?feed\\w*',
  'depress(?:ed|ion|ive)|anxiety|panic attacks?|suicid\\w+|self[- ]harm|bipolar|schizo\\w+|adhd|autis\\w+|insomnia|addict\\w+|withdrawal',
  'blood (?:pressure|sugar|test|clots?|type)|heart (?:rate|attack|disease|failure)|cholesterol|lose weight|weight loss|calorie deficit|bmi|diets?|fasting',
  'acne|eczema|psoriasis|arthritis|hernia|ulcers?|kidneys?|liver|lungs?|thyroid|prostate|ovar(?:y|ies|ian)|uter(?:us|ine)|poison(?:ed|ous|ing)?|toxic',
  'injur\\w+|wounds?|sprain\\w*|fractur\\w*|broken (?:arm|leg|ankle|bone|rib|wrist|finger|toe|nose)s?|ankles? .*broken|concussions?|bruis\\w+|burn (?:from|on)|burnt (?:my|his|her)',
  'swallow(?:s|ed|ing)?|chok(?:e|ed|ing)|faint(?:ed|ing)|unconscious|first aid|cpr|short(?:ness)? of breath|my chest|chest (?:feels?|tight\\w*)|feel(?:ing)? (?:ill|sick|faint|weak)',
  'melatonin|vitamins?|overweight|obes\\w+',
])

const law = words([
  'legal(?:ly|ity)?|illegal(?:ly)?|laws?|lawyers?|attorneys?|lawsuits?|su(?:e|ed|ing)|courts?|judges?|jury|verdicts?|plaintiffs?|defendants?',
  'contracts?|liab(?:le|ility)|negligence|custody|divorc\\w+|alimony|wills? and testament|inherit\\w*|probate|evict\\w*|tenan(?:t|ts|cy)|landlords?',
  'visas?|immigra\\w+|asylum|deport\\w*|green card|citizenship|work permit|naturali[sz]ation|passports?',
  'crimes?|criminal(?:ly)?|felon(?:y|ies)|misdemeanou?rs?|arrest(?:ed)?|warrants?|parole|probation|bail|prison|jail|fraud|theft',
  'copyrights?|trademarks?|patents?|gdpr|hipaa|regulations?|statutes?|statutory|penal|constitution(?:al)?|rights of|sexual consent|age of consent|ipc section',
  'employers?|dismissals?|wrongful\\w*|police',
])

const money = words([
  'invest(?:s|ed|ing|ments?|ors?)?|stocks?|shares? (?:price|market)|bonds?|etfs?|mutual funds?|portfolios?|dividends?|crypto\\w*|bitcoins?|ethereum|forex|trad(?:e|ing) (?:options?|stocks?|futures)',
  'loans?|mortgages?|credit (?:cards?|scores?|reports?)|debts?|bankrupt\\w*|refinanc\\w*|interest rates?|apr|overdrafts?',
  'tax(?:es|able|ation)?|irs|vat|gst|deductibles?|deductions?|401\\(?k\\)?|ira|pensions?|social security|annuit(?:y|ies)',
  'insurances?|insured|premiums?|claims? (?:adjuster|denied)|salar(?:y|ies)|wages?|payrolls?|invoices?|refunds?|chargebacks?|bank accounts?|wire transfers?|retirement|savings',
])

export type Stakes = 'health' | 'law' | 'money'

/** What a wrong answer could cost somebody; null where it is nothing of the kind. */
export const stakesOf = (text: string): Stakes | null => {
  if (health.test(text)) return 'health'
  if (law.test(text)) return 'law'
  return money.test(text) ? 'money' : null
}

const identifiers: readonly RegExp[] = [
  // Mail, telephone, account, card and social security numbers, addresses of machines, uuids and long keys.
  /[\w.+-]+@[\w-]+\.\w{2,}/u,
  /(?:\+?\d[\s().-]?){9,}/u,
  /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){3,}/u,
  /\b\d{3}-\d{2}-\d{4}\b/u,
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/u,
  /\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/iu,
  /\b(?=\w*\d)(?=\w*[a-z])\w{16,}\b/iu,
  // "order 4711", "ticket #88", "my account".
  /\b(?:order|ticket|case|invoice|account|customer|booking|reservation|tracking|reference|policy|member(?:ship)?)\s*(?:id|no\.?|number|nr\.?|#|:)*\s*[#:]?\s*[A-Z]*\d{2,}/iu,
]

/** Whether a text names one person, machine or thing of somebody's own. */
export const namesSomebody = (text: string): boolean => identifiers.some((shape) => shape.test(text)) || mine.test(text)

/** What only the asker's own circumstances answer. */
const mine =
  /\b(?:my|our) (?:order|ticket|account|booking|reservation|subscription|invoice|bill|balance|payment|password|address|phone|e-?mail|name|birthday|boss|manager|wife|husband|son|daughter|girlfriend|boyfriend|ex|company|team|server|database|laptop|computer|code|project|app|website)\b/iu

/** Share of the characters, without spaces, that an English encoder may not know: 0…1. */
export const strangeShare = (text: string): number => {
  const characters = text.match(/\S/gu) ?? []
  const strange = characters.filter((character) => !/[\p{Script=Latin}\d.,;:!?'"’“”()-]/u.test(character))
  return characters.length === 0 ? 0 : strange.length / characters.length
}

/** Whether a text has letters of another script than Latin. */
export const hasForeignScript = (text: string): boolean => /(?!\p{Script=Latin})\p{L}/u.test(text)
