import type { ChatRequest } from '../../contract/chat.ts'
import { asksForAnAction, asksForTheMoment, asksForVariety } from '../cues.ts'
import type { FormRefusal } from '../form.ts'
import { historyOf } from '../question.ts'
import { hasForeignScript, namesSomebody, stakesOf, strangeShare } from './cues.ts'
import type { Stakes } from './cues.ts'

/** Why no other question's answer may serve a request, read from the request alone. */
export type NearRefusal =
  | FormRefusal
  | Stakes
  /** Above 0.3 the caller wants variety, whatever he says of the cache. */
  | 'temperature'
  /** More than three turns before it. */
  | 'long_history'
  /** The documents of somebody's search stand before it. */
  | 'context'
  | 'long_text'
  /** Letters that the embedder was not taught, or hardly any letters. */
  | 'script'
  /** "today", "latest", "price". */
  | 'freshness'
  | 'action'
  | 'variety'
  /** Somebody's own matter: an address, an order's number. */
  | 'personal'

interface Judged {
  request: ChatRequest
  question: string
  formRefusal: FormRefusal | null
}

const maxTemperature = 0.3
const maxTurnsBefore = 3
/** Of what the model is told beforehand; more is somebody's documents rather than instructions. */
const maxCharactersBefore = 6_000
/** 128 pieces of English words have some six hundred; the pieces are counted once the embedder has read them. */
const maxCharacters = 1_000
const maxStrangeShare = 0.2

/** Refused where in doubt: what is refused here is answered by the model, as if there were no memory. */
export const judgeNear = ({ request, question, formRefusal }: Judged): NearRefusal | null => {
  if (formRefusal !== null) return formRefusal
  if ((request.temperature ?? 0) > maxTemperature) return 'temperature'
  return judgeHistory(request) ?? judgeText(question)
}

const judgeHistory = (request: ChatRequest): NearRefusal | null => {
  const history = historyOf(request)
  if (history.filter(({ role }) => role === 'user').length > maxTurnsBefore) return 'long_history'
  const texts = history.flatMap(({ content }) => content).map((part) => (part.type === 'text' ? part.text : ''))
  if (texts.some((text) => retrieved.test(text))) return 'context'
  return texts.join('').length > maxCharactersBefore ? 'context' : null
}

/** How programs mark what they found for the model. */
const retrieved =
  /<(?:context|documents?|sources?|search_results?|retrieved)\b|^\s*(?:context|sources?|retrieved (?:documents?|passages?)|search results?|documents?)\s*:\s*$|\[(?:doc(?:ument)?|source)[ _]?\d+\]/imu

const judgeText = (text: string): NearRefusal | null => {
  if (text.length > maxCharacters) return 'long_text'
  if (hasForeignScript(text) || strangeShare(text) > maxStrangeShare) return 'script'
  if (asksForTheMoment([text])) return 'freshness'
  if (asksForAnAction([text])) return 'action'
  if (asksForVariety([text])) return 'variety'
  return namesSomebody(text) ? 'personal' : stakesOf(text)
}
