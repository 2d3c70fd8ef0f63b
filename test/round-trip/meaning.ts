import fc from 'fast-check'
import type { JsonObject } from '../../src/contract/json.ts'

/** What a request means, whichever wire says it. */
export interface Meaning {
  system: string[]
  /** The conversation, piece by piece: how a wire groups pieces into messages means nothing. */
  said: Said[]
  tools: MeantTool[]
  choice: 'auto' | 'none' | 'required' | { name: string } | null
  /** Null: unsaid. */
  parallel: boolean | null
  format: { name: string | null; schema: JsonObject } | null
  maxTokens: number | null
  temperature: number | null
  topP: number | null
  stop: string[]
}

export interface MeantTool {
  name: string
  description: string | null
  schema: JsonObject
}

export type Picture = { mediaType: string; data: string } | { url: string }

/** A PDF. */
export interface Document {
  name: string | null
  data: string
}

export type Said =
  | { by: 'user'; text: string }
  | { by: 'user'; picture: Picture }
  | { by: 'user'; document: Document }
  | { by: 'model'; text: string }
  /** Calls are numbered through the conversation: ids are a wire's own. */
  | { by: 'model'; calls: string; with: JsonObject; nth: number }
  | { by: 'tool'; answers: number; text: string; failed: boolean }

/** Letters of every kind, and never blank: wires differ in what they make of nothing. */
const words = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => text.trim() !== '' && text.isWellFormed())

const name = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_-]{0,20}$/)

/** As JSON has it: without -0, and without names that JavaScript takes for something else. */
const jsonObject: fc.Arbitrary<JsonObject> = fc
  .dictionary(
    fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
    fc.jsonValue({ maxDepth: 2 }),
    { maxKeys: 4 },
  )
  .map((value) => JSON.parse(JSON.stringify(value)))
  .filter((value) => !JSON.stringify(value).includes('__proto__'))

/** Schemas of the keywords that every provider reads. */
const schema: fc.Arbitrary<JsonObject> = fc
  .uniqueArray(
    fc.tuple(
      name,
      fc.constantFrom<JsonObject>(
        { type: 'string', description: 'A word' },
        { type: 'integer', minimum: 0, maximum: 9 },
        { type: 'string', enum: ['a', 'b'] },
        { type: 'array', items: { type: 'number' } },
        { anyOf: [{ type: 'string' }, { type: 'null' }] },
      ),
    ),
    { selector: ([key]) => key, maxLength: 3 },
  )
  .map((properties) => ({
    type: 'object',
    properties: Object.fromEntries(properties),
    required: properties.map(([key]) => key),
    additionalProperties: false,
  }))

const base64 = fc.uint8Array({ minLength: 1, maxLength: 24 }).map((bytes) => Buffer.from(bytes).toString('base64'))

const picture: fc.Arbitrary<Picture> = fc.oneof(
  fc.record({ mediaType: fc.constantFrom('image/png', 'image/jpeg', 'image/webp'), data: base64 }),
  name.map((file) => ({ url: `https://pictures.example/${file}.png` })),
)

const unsaid = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null })

const userPiece: fc.Arbitrary<Said> = fc.oneof(
  { weight: 3, arbitrary: words.map((text) => ({ by: 'user' as const, text })) },
  { weight: 1, arbitrary: picture.map((seen) => ({ by: 'user' as const, picture: seen })) },
  {
    weight: 1,
    arbitrary: fc.record({ name: unsaid(name), data: base64 }).map((read) => ({ by: 'user' as const, document: read })),
  },
)

interface Exchange {
  asked: Said[]
  answered: string[]
  calls: { with: JsonObject; tool: number; result: string; failed: boolean }[]
}

const exchange: fc.Arbitrary<Exchange> = fc.record({
  asked: fc.array(userPiece, { minLength: 1, maxLength: 3 }),
  answered: fc.array(words, { maxLength: 2 }),
  calls: fc.array(fc.record({ with: jsonObject, tool: fc.nat(), result: words, failed: fc.boolean() }), {
    maxLength: 3,
  }),
})

/** A conversation that begins and ends with the user, as a client holds it. */
const conversation = (exchanges: readonly Exchange[], tools: readonly MeantTool[]): Said[] => {
  const said: Said[] = []
  let count = 0
  for (const { asked, answered, calls } of exchanges) {
    said.push(...asked, ...answered.map((text): Said => ({ by: 'model', text })))
    const made = tools.length === 0 ? [] : calls.map((call) => ({ ...call, nth: count++ }))
    for (const { nth, tool, with: values } of made)
      said.push({ by: 'model', calls: tools[tool % tools.length]?.name ?? '', with: values, nth })
    for (const { nth, result, failed } of made) said.push({ by: 'tool', answers: nth, text: result, failed })
  }
  return [...said, { by: 'user', text: 'Go on.' }]
}

/** Requests that mean something. */
export const meaning: fc.Arbitrary<Meaning> = fc
  .record({
    system: fc.array(words, { maxLength: 2 }),
    exchanges: fc.array(exchange, { minLength: 1, maxLength: 3 }),
    tools: fc.uniqueArray(fc.record({ name, description: unsaid(words), schema }), {
      selector: (tool) => tool.name,
      maxLength: 3,
    }),
    choice: unsaid(fc.oneof(fc.constantFrom('auto', 'none', 'required'), fc.nat())),
    parallel: unsaid(fc.boolean()),
    format: unsaid(fc.record({ name: unsaid(name), schema })),
    maxTokens: unsaid(fc.integer({ min: 16, max: 60_000 })),
    temperature: unsaid(fc.constantFrom(0, 0.25, 1, 1.5)),
    topP: unsaid(fc.constantFrom(0.5, 0.9)),
    stop: fc.uniqueArray(words, { maxLength: 3 }),
  })
  .map(({ exchanges, choice, parallel, ...rest }) => {
    const { tools } = rest
    const chosen = typeof choice === 'number' ? { name: tools[choice % tools.length]?.name ?? '' } : choice
    return {
      ...rest,
      said: conversation(exchanges, tools),
      choice: tools.length > 0 ? chosen : null,
      parallel: tools.length > 0 ? parallel : null,
    }
  })

/** A run of pieces by one side: what becomes one message. */
export const groupBySide = (said: readonly Said[]): Said[][] => {
  const groups: Said[][] = []
  for (const piece of said) {
    const last = groups.at(-1)
    if (last && last[0]?.by === piece.by) last.push(piece)
    else groups.push([piece])
  }
  return groups
}

/** Numbers calls by the ids that a body gives them. */
export const createNumbers = () => {
  const ids: string[] = []
  return {
    ofCall: (id: string): number => ids.push(id) - 1,
    /** @throws Error where the result names no call before it */
    ofResult: (id: string): number => {
      const nth = ids.lastIndexOf(id)
      if (nth < 0) throw new Error(`A result answers ${id}, which no call has.`)
      return nth
    },
  }
}

/** The same without what goes without saying: tools are chosen freely, and may be called in parallel. */
export const plainly = (meant: Meaning): Meaning => ({
  ...meant,
  choice: meant.choice === 'auto' ? null : meant.choice,
  parallel: meant.parallel === true ? null : meant.parallel,
})
