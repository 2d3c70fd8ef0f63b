import type { Check } from '../check.ts'
import { ill, works } from '../finding.ts'
import type { Finding } from '../finding.ts'
import type { Timings } from '../send.ts'

const samples = 5
/** Above these a person, or an agent that makes many calls, feels it. */
const slowMs = { dns: 100, tcp: 200, tls: 300, firstByte: 300 } as const

const advice = {
  dns: 'Use a nearer name server, or keep connections open.',
  tcp: 'The way is long: run the gateway nearer to its callers.',
  tls: 'End TLS nearer to the callers, and allow TLS 1.3.',
  firstByte: 'The gateway or a proxy is slow to answer what needs no provider: look at its load, or a cold start.',
} as const

/** Where the time of a request that needs no provider goes: the median of new connections, one after the other. */
export const latency: Check = {
  name: 'latency',
  needsAdmission: false,
  async *examine({ ask, target, ours }, signal) {
    const url = ours ? `${target.root}/health` : `${target.api}/models`
    const timings: Timings[] = []
    for (let sample = 0; sample < samples; sample += 1) timings.push((await ask({ url }, signal)).timings)
    const of = (pick: (timing: Timings) => number | null): number | null =>
      medianOf(timings.flatMap((timing) => pick(timing) ?? []))
    yield* tell(
      'DNS',
      'dns',
      of(({ dnsMs }) => dnsMs),
    )
    yield* tell(
      'TCP',
      'tcp',
      of(({ tcpMs }) => tcpMs),
    )
    yield* tell(
      'TLS',
      'tls',
      of(({ tlsMs }) => tlsMs),
    )
    yield* tell(
      'first byte',
      'firstByte',
      of(({ firstByteMs }) => firstByteMs),
    )
  },
}

function* tell(subject: string, part: keyof typeof slowMs, medianMs: number | null): Generator<Finding, void> {
  if (medianMs === null) return
  const said = `${medianMs.toFixed(1)} ms, the median of ${samples}.`
  yield medianMs <= slowMs[part]
    ? works(subject, said, { medianMs })
    : ill('slow', subject, said, advice[part], { medianMs })
}

const medianOf = (values: readonly number[]): number | null =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null
