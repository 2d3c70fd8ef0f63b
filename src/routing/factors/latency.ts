import type { Factor } from './factor.ts'

/** An answer this fast could not be better; one this slow could not be worse. */
const bestMs = 500
const worstMs = 120_000

/** 1 − log(total / 0.5 s) / log(120 s / 0.5 s): people notice ratios of waiting time, not differences. */
export const latency: Factor = {
  name: 'latency',
  judge: ({ forecast: { totalMs } }) =>
    Math.max(0, 1 - Math.log(Math.max(totalMs, bestMs) / bestMs) / Math.log(worstMs / bestMs)),
  explain: ({ forecast: { firstTokenMs, totalMs } }) =>
    `first token after ${inSeconds(firstTokenMs)}, all of it after ${inSeconds(totalMs)}`,
}

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
