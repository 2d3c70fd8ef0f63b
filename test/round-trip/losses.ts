import { plainly } from './meaning.ts'
import type { Meaning } from './meaning.ts'
import { promptOf } from './completions.ts'
import { longestAnswer } from './messages.ts'
import type { SpokenName } from './wires.ts'

/** What of a request's meaning is lost on one wire, and why that may be. */
export interface Loss {
  wire: SpokenName
  /** `both`: the wire has no word for it. `out`: its models refuse it, so that only what goes to them lacks it. */
  side: 'both' | 'out'
  what: string
  lose: (meaning: Meaning) => Meaning
  /** The parameter that a warning to the caller names; null where nobody misses anything. */
  told: string | null
}

const withoutFailures = (meaning: Meaning): Meaning => ({
  ...meaning,
  said: meaning.said.map((piece) => (piece.by === 'tool' ? { ...piece, failed: false } : piece)),
})
const withoutFormatName = (meaning: Meaning): Meaning => ({
  ...meaning,
  format: meaning.format && { ...meaning.format, name: null },
})
const withFormatName = (meaning: Meaning): Meaning => ({
  ...meaning,
  format: meaning.format && { ...meaning.format, name: meaning.format.name ?? 'answer' },
})
const withoutFormatOfNamedCall = (meaning: Meaning): Meaning =>
  typeof meaning.choice === 'object' && meaning.choice !== null ? { ...meaning, format: null } : meaning

const withDocumentNames = (meaning: Meaning): Meaning => ({
  ...meaning,
  said: meaning.said.map((piece) =>
    'document' in piece
      ? { ...piece, document: { ...piece.document, name: piece.document.name ?? 'document.pdf' } }
      : piece,
  ),
})
const withoutDocumentNames = (meaning: Meaning): Meaning => ({
  ...meaning,
  said: meaning.said.map((piece) =>
    'document' in piece ? { ...piece, document: { ...piece.document, name: null } } : piece,
  ),
})

/** Whatever else is lost between two wires is a fault. */
export const losses: readonly Loss[] = [
  {
    wire: 'openai-completions',
    side: 'both',
    what: 'everything but one text of the user’s, which is all that a prompt is',
    lose: (meaning) => ({
      ...meaning,
      system: [],
      said: [{ by: 'user', text: promptOf(meaning) }],
      tools: [],
      choice: null,
      parallel: null,
      format: null,
    }),
    told: null,
  },
  {
    wire: 'openai-chat',
    side: 'both',
    what: 'that a tool failed: its result says so in words',
    lose: withoutFailures,
    told: 'messages',
  },
  {
    wire: 'openai-chat',
    side: 'out',
    what: 'that a document has no name: it must have one',
    lose: withDocumentNames,
    told: null,
  },
  {
    wire: 'openai-chat',
    side: 'both',
    what: 'that a schema has no name: it must have one',
    lose: withFormatName,
    told: null,
  },
  {
    wire: 'openai-responses',
    side: 'out',
    what: 'that a document has no name: it must have one',
    lose: withDocumentNames,
    told: null,
  },
  {
    wire: 'openai-responses',
    side: 'both',
    what: 'that a schema has no name: it must have one',
    lose: withFormatName,
    told: null,
  },
  {
    wire: 'openai-responses',
    side: 'both',
    what: 'that a tool failed: its result says so in words',
    lose: withoutFailures,
    told: 'messages',
  },
  {
    wire: 'openai-responses',
    side: 'both',
    what: 'stop sequences',
    lose: (meaning) => ({ ...meaning, stop: [] }),
    told: 'stop',
  },
  {
    wire: 'anthropic',
    side: 'both',
    what: 'that the answer has no bound: one must be named, and is the longest that the model gives',
    lose: (meaning) => ({ ...meaning, maxTokens: meaning.maxTokens ?? longestAnswer }),
    told: null,
  },
  {
    wire: 'anthropic',
    side: 'both',
    what: 'the name of a schema, which says nothing to a model',
    lose: withoutFormatName,
    told: null,
  },
  {
    wire: 'anthropic',
    side: 'both',
    what: 'temperatures above 1',
    lose: (meaning) => ({ ...meaning, temperature: meaning.temperature && Math.min(1, meaning.temperature) }),
    told: 'temperature',
  },
  {
    wire: 'anthropic',
    side: 'both',
    what: 'that calls come one at a time, where none may be made',
    lose: (meaning) => ({ ...meaning, parallel: meaning.choice === 'none' ? null : meaning.parallel }),
    told: null,
  },
  {
    wire: 'anthropic',
    side: 'out',
    what: 'top_p beside a temperature, which newer models refuse together',
    lose: (meaning) => ({ ...meaning, topP: meaning.temperature === null ? meaning.topP : null }),
    told: 'top_p',
  },
  {
    wire: 'anthropic',
    side: 'out',
    what: 'a schema beside a tool that must be called: there will be a call and no text',
    lose: withoutFormatOfNamedCall,
    told: null,
  },
  {
    wire: 'gemini',
    side: 'out',
    what: 'the name of a schema, which says nothing to a model',
    lose: withoutFormatName,
    told: null,
  },
  {
    wire: 'gemini',
    side: 'out',
    what: 'the names of documents',
    lose: withoutDocumentNames,
    told: null,
  },
  {
    wire: 'gemini',
    side: 'out',
    what: 'that calls come one at a time: the model decides',
    lose: (meaning) => ({ ...meaning, parallel: null }),
    told: 'parallel_tool_calls',
  },
  {
    wire: 'gemini',
    side: 'out',
    what: 'a schema beside a tool that must be called: there will be a call and no text',
    lose: withoutFormatOfNamedCall,
    told: null,
  },
]

export const lossesOn = (wire: SpokenName, sides: readonly Loss['side'][]): Loss[] =>
  losses.filter((loss) => loss.wire === wire && sides.includes(loss.side))

/** The meaning after these losses, and those of them that changed it. */
export const suffer = (given: Meaning, suffered: readonly Loss[]): { left: Meaning; real: Loss[] } => {
  let left = plainly(given)
  const real: Loss[] = []
  for (const loss of suffered) {
    const next = loss.lose(left)
    if (JSON.stringify(next) !== JSON.stringify(left)) real.push(loss)
    left = next
  }
  return { left, real }
}

/** The parameters that a caller is warned about. */
export const toldOf = (real: readonly Loss[]): Set<string> =>
  new Set(real.flatMap(({ told }) => (told === null ? [] : [told])))
