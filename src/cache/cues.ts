import type { ChatRequest } from '../contract/chat.ts'

// Words that say how long an answer can be right. They are read in what the user says now, not in the documents around it:
// a text longer than this is a document, and its question stands before or after it.
const edgeLength = 600
const turnsRead = 3

/** Whole words: no letter or digit on either side. */
const words = (alternatives: readonly string[]): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives.join('|')})(?![\\p{L}\\p{N}])`, 'iu')

const freshness = words([
  "today(?:[’']s)?|tonight|tomorrow|yesterday|now|nowadays|currently|current|latest|newest|recent|recently|so far|up[- ]to[- ]date",
  '(?:this|next|last) (?:hour|morning|afternoon|evening|night|week|weekend|month|quarter|year|season)',
  'what (?:time|day|date)|prices?|stocks?|exchange rates?|weather|forecast|scores?|standings|deadlines?|news|breaking',
  'heute|morgen|gestern|jetzt|gerade|aktuell\\p{L}*|derzeit|neueste\\p{L}?|wetter|preise?|nachrichten',
  "aujourd[’']hui|demain|maintenant|actuel\\p{L}*|dernière?s?|météo|prix|hoy|mañana|ayer|ahora|actual(?:mente|idad)|últim[oa]s?|clima|precios?",
  'oggi|domani|ieri|adesso|attual\\p{L}*|ultim[oaie]|meteo|prezz[oi]|hoje|amanhã|ontem|agora|atual\\p{L}*|preços?',
  'сегодня|завтра|вчера|сейчас|текущ\\p{L}+|последн\\p{L}+|погода|цен[аыу]|новости',
])

// These scripts put no space between words.
const freshnessUnspaced =
  /今天|明天|昨天|现在|目前|当前|最新|最近|天气|价格|股价|新闻|今日|明日|昨日|現在|天気|価格|値段|오늘|내일|어제|지금|현재|최신|날씨|가격/u

/** An imperative that opens a sentence: "How do I delete a branch?" is a question like any other. */
const action =
  /(?:^|[.!?\n])\s*(?:please |(?:can|could|would|will) you (?:please )?)?(?:cancel|delete|send|buy|sell|purchase|pay|refund|transfer|book|deploy|restart|reboot|shut down)\b/iu

const variety = words([
  'another (?:one|joke|idea|example|version|name|story|poem|suggestion|option)|one more|(?:a )?different (?:one|answer|version)',
  'try again|regenerate|surprise me|at random|randomly|random (?:number|word|name|fact|joke|quote|colou?r)|roll (?:a|the|two) (?:die|dice)|flip a coin|pick a (?:number|card)',
  'noch (?:einen?|eins)|zufällig\\p{L}*|encore une?|au hasard|otr[oa] (?:chiste|ejemplo|idea|vez)|al azar|casuale|aleatori[oa]|ещё один|случайн\\p{L}+',
])

/** What the user says in his last turns, without the middle of long texts. */
export const spoken = ({ messages }: ChatRequest): readonly string[] =>
  messages
    .filter(({ role }) => role === 'user')
    .slice(-turnsRead)
    .flatMap(({ content }) => content)
    .flatMap((part) => (part.type === 'text' ? [edges(part.text)] : []))

const edges = (text: string): string =>
  text.length <= 2 * edgeLength ? text : `${text.slice(0, edgeLength)}\n${text.slice(-edgeLength)}`

/** The answer ages by the minute: prices, weather, "today". */
export const asksForTheMoment = (texts: readonly string[]): boolean =>
  texts.some((text) => freshness.test(text) || freshnessUnspaced.test(text))

/** The user wants something done rather than said. */
export const asksForAnAction = (texts: readonly string[]): boolean => texts.some((text) => action.test(text))

/** The user wants something else each time; only the last turn counts, since that is what is answered. */
export const asksForVariety = (texts: readonly string[]): boolean => variety.test(texts.at(-1) ?? '')
