import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { GatewayError } from '../contract/errors.ts'
import { alarm } from '../lib/abort.ts'

/**
 * Waits until the caller has read what was written; the provider is then read no faster.
 * @throws the signal's reason, or caller_left when the reader takes nothing for `patienceMs`
 */
export const untilDrained = async (res: ServerResponse, patienceMs: number, signal: AbortSignal): Promise<void> => {
  if (!res.writableNeedDrain) return
  const late = alarm(patienceMs, () => new GatewayError('caller_left', 'The caller stopped reading the answer.'))
  const stop = AbortSignal.any([signal, late.signal])
  try {
    await once(res, 'drain', { signal: stop })
  } catch (thrown) {
    stop.throwIfAborted()
    throw thrown
  } finally {
    late.stop()
  }
}
