// A verb's forms that no rule makes, the verb itself first.
const forms = `
  be been|become became|begin began begun|bend bent|bet|bind bound|bite bit bitten|bleed bled|blow blew blown|break broke broken|breed bred|
  bring brought|build built|burn burnt|buy bought|catch caught|choose chose chosen|come came|cost|creep crept|deal dealt|dig dug|
  draw drew drawn|dream dreamt|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|feed fed|feel felt|fight fought|
  find found|flee fled|fly flew flown|forbid forbade forbidden|forget forgot forgotten|forgive forgave forgiven|freeze froze frozen|
  give gave given|go went gone|grow grew grown|hang hung|hear heard|hide hid hidden|hold held|keep kept|kneel knelt|know knew known|
  lay laid|lead led|learn learnt|leave left|lend lent|lie lain|light lit|lose lost|make made|mean meant|meet met|pay paid|
  prove proven|ride rode ridden|ring rang rung|rise rose risen|run ran|see saw seen|seek sought|sell sold|send sent|shake shook shaken|
  shoot shot|show shown|shrink shrank shrunk|sing sang sung|sink sank sunk|sit sat|sleep slept|speak spoke spoken|spend spent|
  spin spun|stand stood|steal stole stolen|stick stuck|sting stung|strike struck|swear swore sworn|sweep swept|swim swam swum|
  swing swung|take took taken|teach taught|tear tore torn|tell told|think thought|throw threw thrown|understand understood|
  undertake undertook undertaken|wake woke woken|wear wore worn|weep wept|win won|write wrote written|use used using uses|die died dying dies|
  lie lied lying lies|tie tied tying ties|man men|woman women|child children|person people|foot feet|tooth teeth|mouse mice|life lives|
  wife wives|knife knives|leaf leaves|wolf wolves|datum data|criterion criteria|analysis analyses|crisis crises|thesis theses
`

const baseByForm = new Map<string, string>()
for (const line of forms.split('|')) {
  const [base, ...others] = line.trim().split(/\s+/u)
  for (const form of others) if (base) baseByForm.set(form, base)
}

/** The word that a form without a rule belongs to: "bought" → buy. */
export const baseOf = (word: string): string => baseByForm.get(word) ?? word
