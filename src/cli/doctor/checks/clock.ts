import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'

/** A Date header is cut to whole seconds, and its answer was under way. */
const fineMs = 5_000
const wrongMs = 60_000

/** Whether the gateway's clock agrees with this machine's: receipts, limits per day and certificates go by it. */
export const createClockCheck = (now: () => number): Check => ({
  name: 'clock',
  needsAdmission: false,
  async *examine({ ask, target }, signal) {
    const sentAtMs = now()
    const { headers } = await ask({ url: `${target.api}/models` }, signal)
    const told = Date.parse(headers['date'] ?? '')
    if (Number.isNaN(told)) {
      yield unseen('not observable', 'Date header', 'Answers have none.')
      return
    }
    // Half the round trip passed since the header was written, and half a second was cut off on average.
    const skewMs = Math.round(told + 500 - (sentAtMs + now()) / 2)
    const size = Math.abs(skewMs)
    const said = `${(size / 1000).toFixed(1)} s ${skewMs < 0 ? 'behind' : 'ahead of'} this machine's clock.`
    yield size <= fineMs
      ? works('Date header', 'Agrees with this machine.', { skewMs })
      : ill(size > wrongMs ? 'wrong' : 'warning', 'Date header', said, 'Set both clocks by NTP; one of them is off.', {
          skewMs,
        })
  },
})
