import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { gateQueries } from './gate-queries.ts'

/**
 * Compares a new revision with the one before it by what their callers met, as Managed Service for Prometheus has it:
 *
 *     gcloud auth print-access-token | gate.ts PROJECT REVISION PREVIOUS
 *
 * Exit code 0: no worse, or too few requests to tell; 1: worse; 2: the figures cannot be had.
 */

/** Fewer requests than this say nothing. */
const fewest = 20
/** The new one may fail this share of its requests, and twice what the old one fails. */
const tolerable = { share: 0.02, times: 2 }
/** The new one's first token may take this much longer, and twice as long. */
const slower = { seconds: 1, times: 2 }
const minutes = 10

const reply = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
})

const endpoint = process.env['CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING'] ?? 'https://monitoring.googleapis.com/'

/** @returns null where there is no such series, or no number */
const ask = async (project: string, query: string, token: string): Promise<number | null> => {
  const response = await fetch(new URL(`v1/projects/${project}/location/global/prometheus/api/v1/query`, endpoint), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ query }),
    signal: AbortSignal.timeout(30_000),
  })
  if (!response.ok)
    throw new Error(`Cloud Monitoring answers ${response.status}; the role roles/monitoring.viewer is needed`)
  const value = Number(reply.parse(await response.json()).data.result[0]?.value[1])
  return Number.isFinite(value) ? value : null
}

const look = async (project: string, revision: string, token: string) => {
  const queries = gateQueries(revision, minutes)
  const [requests, failures, firstTokenSeconds] = await Promise.all(
    [queries.requests, queries.failures, queries.firstTokenSeconds].map((query) => ask(project, query, token)),
  )
  const count = requests ?? 0
  return {
    requests: count,
    share: count === 0 ? 0 : (failures ?? 0) / count,
    firstTokenSeconds: firstTokenSeconds ?? null,
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const main = async ([project = '', revision = '', previous = '']: readonly string[]): Promise<number> => {
  const token = (await text(process.stdin)).trim()
  const [now, before] = await Promise.all([look(project, revision, token), look(project, previous, token)])
  const say = (line: string): void => void process.stdout.write(`  ${line}\n`)
  say(
    `${revision}: ${Math.round(now.requests)} requests, ${percent(now.share)} failed; ${previous}: ${percent(before.share)} failed`,
  )
  if (now.requests < fewest) {
    say(`Fewer than ${fewest} requests: nothing can be told from them.`)
    return 0
  }
  const failsMore = now.share > tolerable.share && now.share > before.share * tolerable.times
  if (failsMore) say('It fails more often than the one before.')
  const first = now.firstTokenSeconds
  const usual = before.firstTokenSeconds
  const isSlower = first !== null && usual !== null && first > usual + slower.seconds && first > usual * slower.times
  if (isSlower) say(`Its first token takes ${first.toFixed(1)} s (95 of 100), where ${usual.toFixed(1)} s was usual.`)
  return failsMore || isSlower ? 1 : 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`gate: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
