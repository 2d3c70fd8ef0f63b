import type { Check } from '../check.ts'
import { admission } from './admission.ts'
import { badInput } from './bad-input.ts'
import { cancellation } from './cancellation.ts'
import { createClockCheck } from './clock.ts'
import { completion } from './completion.ts'
import { door } from './door.ts'
import { estimate } from './estimate.ts'
import { handshake } from './handshake.ts'
import { front } from './front.ts'
import { headers } from './headers.ts'
import { latency } from './latency.ts'
import { mcpErrors } from './mcp-errors.ts'
import { oauth } from './oauth.ts'
import { providers } from './providers.ts'
import { size } from './size.ts'
import { state } from './state.ts'
import { stream } from './stream.ts'
import { tls } from './tls.ts'
import { tools } from './tools.ts'

/** What is looked at once somebody has answered, in this order: the latency first, while nothing else goes on. */
export const createChecks = (now: () => number): readonly Check[] => [
  tls,
  latency,
  createClockCheck(now),
  front,
  admission,
  oauth,
  door,
  headers,
  state,
  handshake,
  tools,
  mcpErrors,
  badInput,
  size,
  providers,
  estimate,
  completion,
  stream,
  cancellation,
]
