import type { JourneyEvent } from '../contract/journey.ts'
import type { Content } from '../contract/operation.ts'
import type { Clock } from '../contract/runtime.ts'
import type { Trail } from './trail.ts'

/** Another's running call, live, told as this request's own: `shared`, and its cost spared. Its end is left to `respond`. */
export async function* follow<Event extends Content>(
  events: AsyncIterable<JourneyEvent<Event>>,
  trail: Trail,
  clock: Clock,
): AsyncGenerator<JourneyEvent<Event>, void> {
  trail.cache = 'shared'
  for await (const event of events) {
    switch (event.type) {
      case 'start': {
        const { provider, model } = event.served
        trail.served = { provider, model, answeredModel: model }
        trail.simulated = event.served.simulated
        trail.firstTokenAtMs = clock.now()
        yield {
          type: 'start',
          served: { ...event.served, requestId: trail.context.requestId, cache: 'shared', limits: trail.limits },
        }
        break
      }
      case 'end': {
        const { usage, receipt } = event
        trail.task = receipt.task
        trail.served = receipt.served
        trail.finishes.push(...event.finishes)
        trail.warnings.push(...event.warnings)
        // Whoever leads may himself have been spared it, by another instance.
        trail.spared = { usage, savedNanoUsd: (receipt.costNanoUsd ?? 0n) + receipt.savedNanoUsd }
        break
      }
      default:
        yield event
    }
  }
}
