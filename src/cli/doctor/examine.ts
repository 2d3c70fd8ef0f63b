import { version } from '../../config/version.ts'
import { alarm } from '../../lib/abort.ts'
import { createAsk } from './ask.ts'
import { createChecks } from './checks/index.ts'
import { reach } from './checks/reach.ts'
import { ill, unseen } from './finding.ts'
import type { Finding } from './finding.ts'
import { createMask, quoteWith } from './mask.ts'
import { explainFault } from './network-fault.ts'
import type { Orders } from './orders.ts'
import type { Patient, Visit } from './patient.ts'
import { verdictOf } from './report.ts'
import type { Entry, Report } from './report.ts'
import { createSpending } from './spending.ts'
import type { StandIn } from './stand-in.ts'
import { survey } from './survey.ts'

export interface Examination {
  orders: Orders
  standIn: StandIn | null
  /** Hears every finding as soon as it is made. */
  tell: (entry: Entry) => void
  /** Unix time in ms. */
  now: () => number
}

const longestSaid = 1_000
/** Share of the whole time that one answer may take. */
const oneAnswer = 1 / 3

/**
 * Examines a gateway, as far as the time allows, and says all that was found. Nothing that a gateway does makes it throw.
 * @throws the signal's reason
 */
export const examine = async (examination: Examination, signal: AbortSignal): Promise<Report> => {
  const { orders, standIn, tell, now } = examination
  const { target, credentials, timeoutMs } = orders
  const ask = createAsk(credentials, timeoutMs * oneAnswer)
  const visit: Visit = { target, credentials, ask, quote: quoteWith(createMask(credentials.secrets)) }
  const startedAtMs = now()
  const limit = alarm(timeoutMs, () => new DOMException('The time for the examination is up.', 'TimeoutError'))
  const within = AbortSignal.any([signal, limit.signal])

  const entries: Entry[] = []
  const note = (check: string, finding: Finding): void => {
    // Once more for all, where a check may not have thought of it. What to do is in our own words, or was quoted.
    const entry = { check, ...finding, said: visit.quote(finding.said, longestSaid) }
    entries.push(entry)
    tell(entry)
  }
  /** Whether it came to its end. */
  const hear = async (check: string, findings: AsyncIterable<Finding>): Promise<boolean> => {
    try {
      for await (const finding of findings) note(check, finding)
      return true
    } catch (error) {
      signal.throwIfAborted()
      note(check, findingOf(error, visit))
      return false
    }
  }
  const finish = (ours: boolean, spend: Report['spend']): Report => ({
    format: 1,
    doctor: version,
    url: target.root,
    started_at: new Date(startedAtMs).toISOString(),
    elapsed_ms: Math.max(0, Math.round(now() - startedAtMs)),
    ours,
    verdict: verdictOf(entries),
    findings: entries,
    spend,
  })

  using _timer = { [Symbol.dispose]: limit.stop }
  if (!(await hear('reach', reach(visit, startedAtMs, within))) || verdictOf(entries) === 'wrong')
    return finish(false, null)

  await using clients = new AsyncDisposableStack()
  const faces = await survey(visit, within)
  for (const { client } of faces.connections) if (client !== null) clients.use(client)
  signal.throwIfAborted()
  if (!faces.openai && !faces.mcp) {
    note('reach', within.aborted ? nobodySpoke : noFace)
    return finish(faces.ours, null)
  }
  const spending = orders.spend
    ? createSpending({ ...visit, ...faces, model: orders.model, capped: standIn === null })
    : null
  const patient: Patient = { ...visit, ...faces, spending, standIn }
  const barred: string[] = []
  const late: string[] = []
  for (const check of createChecks(now)) {
    if (check.needsAdmission && !patient.admitted) barred.push(check.name)
    else if (within.aborted) late.push(check.name)
    else await hear(check.name, check.examine(patient, within))
    signal.throwIfAborted()
  }
  if (barred.length > 0)
    note('admission', unseen('not tried', 'the rest', `Not without admission: ${namesOf(barred)}.`))
  if (late.length > 0)
    note('time', ill('wrong', 'the rest', `Time was up before: ${namesOf(late)}.`, 'Raise --timeout.'))
  return finish(faces.ours, (await spending?.bill()) ?? null)
}

const noFace = ill(
  'wrong',
  'faces',
  'What answers offers neither an OpenAI-compatible API nor MCP.',
  "Check the URL: it is the gateway's root, or the base URL that ends in /v1.",
)

const nobodySpoke = ill('wrong', 'faces', 'None of them answered in time.', 'Look whether it hangs; raise --timeout.')

const namesOf = (checks: readonly string[]): string => [...new Set(checks)].join(', ')

const findingOf = (error: unknown, { quote }: Visit): Finding => {
  const fault = explainFault(error)
  if (fault !== null) return ill('wrong', 'answer', fault.said, fault.todo)
  const said = quote(error instanceof Error ? error.message : String(error))
  return ill('wrong', 'answer', said, 'Look at the log of the gateway for that moment.')
}
