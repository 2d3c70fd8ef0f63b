import { ill, works } from '../finding.ts'
import type { Finding } from '../finding.ts'
import type { Visit } from '../patient.ts'

const dayMs = 24 * 3_600_000
/** Certificates that renew themselves do it a month before; one this near to its end does not. */
const certificateWarningMs = 14 * dayMs

/** Whether anybody answers at the URL, and in HTTP. Comes before every other check: it needs to know nothing. */
export async function* reach(
  { target, ask, quote }: Visit,
  nowMs: number,
  signal: AbortSignal,
): AsyncGenerator<Finding, void> {
  const { status, headers, certificateUntilMs, timings } = await ask({ url: `${target.api}/models` }, signal)
  const location = headers['location']
  if (status >= 300 && status < 400 && location !== undefined) {
    const to = quote(plainAddress(location, target.api))
    yield ill(
      'wrong',
      'answer',
      `A redirect (${status}) to ${to}; keys are not sent after it.`,
      'Give the address to which it leads to the doctor and to your clients.',
    )
    return
  }
  yield works('answer', `HTTP ${status} after ${Math.round(timings.firstByteMs)} ms.`)
  if (certificateUntilMs === null || Number.isNaN(certificateUntilMs)) return
  const days = Math.floor((certificateUntilMs - nowMs) / dayMs)
  yield certificateUntilMs - nowMs < certificateWarningMs
    ? ill('warning', 'certificate', `It ends in ${days} days.`, 'Renew it.')
    : works('certificate', `Valid for ${days} more days.`)
}

/** Without the parts of a URL in which secrets travel. */
const plainAddress = (location: string, base: string): string => {
  if (!URL.canParse(location, base)) return 'an address that is no URL'
  const { origin, pathname } = new URL(location, base)
  return `${origin}${pathname}`
}
