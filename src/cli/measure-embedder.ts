import type { Perceive } from '../contract/perception.ts'

/** How long texts of one length took, one after the other, as a request would wait for them. */
export interface Speed {
  /** With the marks at both ends. */
  pieces: number
  texts: number
  medianMs: number
  p95Ms: number
  textsPerSecond: number
}

const lengths = [8, 32, 64, 128]
const warmUps = 5
const texts = 60
const patienceMs = 60_000

/** Each is one piece. */
const words = [
  'time',
  'year',
  'people',
  'way',
  'day',
  'man',
  'thing',
  'woman',
  'life',
  'child',
  'world',
  'school',
  'state',
]

/**
 * Embeds texts of 8, 32, 64 and 128 pieces, each new, so that none is remembered.
 * @throws Error where one got no vector
 */
export const measureEmbedder = async ({ perceive }: { perceive: Perceive }): Promise<Speed[]> => {
  const speeds: Speed[] = []
  for (const pieces of lengths) {
    const tookMs: number[] = []
    for (let index = 0; index < warmUps + texts; index++) {
      const text = textOf(pieces - 2, index)
      const startedMs = performance.now()
      const outcome = await perceive(text, patienceMs, new AbortController().signal)
      if (outcome.kind === 'skipped') throw new Error(`A text got no vector: ${outcome.why}.`)
      if (index >= warmUps) tookMs.push(performance.now() - startedMs)
    }
    speeds.push({ pieces, texts, ...summaryOf(tookMs) })
  }
  return speeds
}

/** The index, as a number to the base of the list, makes each text another. */
const textOf = (length: number, index: number): string =>
  Array.from({ length }, (_, place) => words[Math.floor(index / words.length ** place + place) % words.length]).join(
    ' ',
  )

const summaryOf = (tookMs: readonly number[]): Pick<Speed, 'medianMs' | 'p95Ms' | 'textsPerSecond'> => {
  const sorted = tookMs.toSorted((one, other) => one - other)
  const at = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? 0
  const totalMs = tookMs.reduce((sum, ms) => sum + ms, 0)
  return { medianMs: at(0.5), p95Ms: at(0.95), textsPerSecond: (1_000 * tookMs.length) / totalMs }
}
