import type { ProviderHealth } from '../../contract/health.ts'
import type { Factor } from './factor.ts'

/** A provider without calls counts as one that answered this many. */
const assumedCalls = 5
/** What is left of the value while the breaker lets single trial calls through. */
const halfOpenShare = 0.25
/** What is left of it when every slot is taken and the next call has to wait. */
const fullShare = 0.5

/** The share of calls that succeeded, (calls − failures + 5) / (calls + 5); less on trial or when full; 0 while resting. */
export const health: Factor = {
  name: 'health',
  judge: ({ health: state }) => {
    const { circuit, calls, failures } = state
    if (circuit === 'open') return 0
    const succeeded = (Math.max(0, calls - failures) + assumedCalls) / (calls + assumedCalls)
    return succeeded * (circuit === 'half_open' ? halfOpenShare : 1) * (isFull(state) ? fullShare : 1)
  },
  explain: ({ health: state }) => {
    const { circuit, reason, calls, failures } = state
    if (circuit === 'open') return `resting: ${reason ?? 'it failed repeatedly'}`
    const grounds = [
      calls === 0 ? 'no calls yet' : `${failures} of ${calls} calls failed`,
      ...(circuit === 'half_open' ? ['on trial'] : []),
      ...(isFull(state) ? ['all slots taken'] : []),
    ]
    return grounds.join(', ')
  },
}

const isFull = ({ inFlight, slots }: ProviderHealth): boolean => slots > 0 && inFlight >= slots
