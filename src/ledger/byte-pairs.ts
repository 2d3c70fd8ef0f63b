/**
 * Every token of a vocabulary in three flat arrays: 4 MB for 200,000 tokens, which are filled in a tenth of a second. As strings in a map
 * they take 75 MB and a quarter of a second.
 */
export interface Vocabulary {
  /** The bytes of all tokens, one after the other by rank, */
  tokens: Uint8Array
  /** and where each ends. */
  ends: Uint32Array
  /** Of each hash the rank plus one; 0: free. Half of them at most are taken, so that what is looked for is soon found, or missed. */
  slots: Uint32Array
}

const noToken = 0xffff_ffff
/** Most pieces of a text are words; one that needs more is given more. */
const firstCapacity = 1_024

/**
 * Counts tokens by byte-pair encoding (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909, over bytes as OpenAI's tiktoken does
 * it): a text is split into pieces, and in each the two neighbours whose union has the lowest rank are joined until no two are a token
 * together. Whole text only: what spells a special token is text like any other. Quadratic in the length of a piece.
 *
 * @param split takes every character of a text, in pieces that no token crosses
 */
export const createBytePairs = (vocabulary: Vocabulary, split: RegExp): ((text: string) => number) => {
  const rankOf = searchOf(vocabulary)
  const encoder = new TextEncoder()
  // Sticky: where a piece ends, the next begins.
  const next = new RegExp(split.source, 'uy')
  let bytes = new Uint8Array(firstCapacity)
  /** Where each part of the piece begins, and behind the last where that ends. */
  let starts = new Uint32Array(firstCapacity + 1)
  /** Of each part and the one behind it: the rank of both together. */
  let joined = new Uint32Array(firstCapacity)

  /** Puts a piece's UTF-8 into `bytes`; returns how many there are. */
  const encode = (text: string, from: number, to: number): number => {
    if ((to - from) * 3 > bytes.length) {
      bytes = new Uint8Array((to - from) * 3)
      starts = new Uint32Array(bytes.length + 1)
      joined = new Uint32Array(bytes.length)
    }
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at)
      if (code > 0x7f) return encoder.encodeInto(text.slice(from, to), bytes).written
      bytes[at - from] = code
    }
    return to - from
  }

  const startOf = (part: number): number => starts[part] ?? 0

  const merge = (length: number): number => {
    for (let at = 0; at <= length; at++) starts[at] = at
    for (let at = 0; at < length - 1; at++) joined[at] = rankOf(bytes, at, at + 2)
    let parts = length
    for (;;) {
      let [lowest, at] = [noToken, 0]
      for (let part = 0; part < parts - 1; part++) {
        const rank = joined[part] ?? noToken
        if (rank < lowest) [lowest, at] = [rank, part]
      }
      if (lowest === noToken) return parts
      starts.copyWithin(at + 1, at + 2, parts + 1)
      joined.copyWithin(at + 1, at + 2, parts)
      parts -= 1
      if (at < parts - 1) joined[at] = rankOf(bytes, startOf(at), startOf(at + 2))
      if (at > 0) joined[at - 1] = rankOf(bytes, startOf(at - 1), startOf(at + 1))
    }
  }

  return (text) => {
    let [tokens, from] = [0, 0]
    next.lastIndex = 0
    while (next.test(text)) {
      const length = encode(text, from, next.lastIndex)
      tokens += rankOf(bytes, 0, length) === noToken ? merge(length) : 1
      from = next.lastIndex
    }
    return tokens
  }
}

/** Says which rank the token has that these bytes are; `noToken` where they are none. */
const searchOf = ({ tokens, ends, slots }: Vocabulary) => {
  const mask = slots.length - 1
  const endOf = (rank: number): number => (rank < 0 ? 0 : (ends[rank] ?? 0))
  return (bytes: Uint8Array, from: number, to: number): number => {
    for (let slot = hashOf(bytes, from, to) & mask; ; slot = (slot + 1) & mask) {
      const rank = (slots[slot] ?? 0) - 1
      if (rank < 0) return noToken
      const start = endOf(rank - 1)
      if (endOf(rank) - start !== to - from) continue
      let at = from
      while (at < to && bytes[at] === tokens[start + at - from]) at += 1
      if (at === to) return rank
    }
  }
}

const [newLine, space, zero, padding] = [0x0a, 0x20, 0x30, 0x3d]

/**
 * @param ranked as OpenAI publishes it: a line a token, its bytes in base64, a space, its rank; by rank, from 0 on
 * @throws Error where it is not of this form
 */
export const readVocabulary = (ranked: Uint8Array): Vocabulary => {
  const size = linesOf(ranked)
  const tokens = new Uint8Array(Math.ceil((ranked.length * 3) / 4))
  const ends = new Uint32Array(size)
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * size + 1)))
  const mask = slots.length - 1

  let [read, written] = [0, 0]
  for (let rank = 0; rank < size; rank++) {
    const start = written
    let [bits, held] = [0, 0]
    for (; ranked[read] !== space; read++) {
      const byte = ranked[read] ?? newLine
      if (byte === padding) continue
      const six = sextets[byte] ?? notBase64
      if (six === notBase64) throw unreadable(rank)
      bits = ((bits << 6) | six) & 0xffff
      held += 6
      if (held < 8) continue
      held -= 8
      tokens[written] = bits >> held
      written += 1
    }
    let said = 0
    for (read += 1; ranked[read] !== newLine; read++) said = said * 10 + ((ranked[read] ?? 0) - zero)
    if (said !== rank || written === start) throw unreadable(rank)
    read += 1
    ends[rank] = written
    let slot = hashOf(tokens, start, written) & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = rank + 1
  }
  return { tokens: tokens.slice(0, written), ends, slots }
}

const linesOf = (text: Uint8Array): number => {
  let lines = 0
  for (let at = text.indexOf(newLine); at >= 0; at = text.indexOf(newLine, at + 1)) lines += 1
  return lines
}

const unreadable = (line: number): Error => new Error(`line ${line + 1} of the vocabulary is no token with its rank`)

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
const hashOf = (bytes: Uint8Array, from: number, to: number): number => {
  let hash = 0x811c_9dc5
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x0100_0193)
  return hash >>> 0
}

const notBase64 = 0xff
/** The value of each digit of base64 (RFC 4648). */
const sextets = new Uint8Array(256).fill(notBase64)
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
for (const [value, digit] of Buffer.from(digits).entries()) sextets[digit] = value
