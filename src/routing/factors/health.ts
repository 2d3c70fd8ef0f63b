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
  judge: ({ health: { circuit, reason, calls, failures, inFlight, slots } }) => {
    if (circuit === 'open') return { value: 0, reason: `resting: ${reason ?? 'it failed repeatedly'}` }
    const succeeded = (Math.max(0, calls - failures) + assumedCalls) / (calls + assumedCalls)
    const isFull = slots > 0 && inFlight >= slots
    const value = succeeded * (circuit === 'half_open' ? halfOpenShare : 1) * (isFull ? fullShare : 1)
    const grounds = [
      calls === 0 ? 'no calls yet' : `${failures} of ${calls} calls failed`,
      ...(circuit === 'half_open' ? ['on trial'] : []),
      ...(isFull ? ['all slots taken'] : []),
    ]
    return { value, reason: grounds.join(', ') }
  },
}
