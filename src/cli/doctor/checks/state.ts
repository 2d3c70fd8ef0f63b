import { z } from 'zod'
import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'
import { modelIdsIn, ourVersionIn, summaryOf } from '../replies.ts'

const readiness = z.object({ ready: z.boolean(), reasons: z.array(z.string()) })

/** What the gateway says of itself: version, health, readiness, models. */
export const state: Check = {
  name: 'state',
  needsAdmission: true,
  async *examine({ ask, target, ours, openai, quote }, signal) {
    if (ours) {
      const [version, health, ready] = await Promise.all(
        ['/version', '/health', '/ready'].map((path) => ask({ url: `${target.root}${path}` }, signal)),
      )
      const told = ourVersionIn(version?.json)
      if (version !== undefined)
        yield told === null
          ? ill('wrong', '/version', summaryOf(version), throughAdvice)
          : works('/version', `ai-gateway-mcp ${quote(told)}.`)
      if (health !== undefined)
        yield health.status === 200 && health.json !== undefined
          ? works('/health', 'It is alive.')
          : ill('wrong', '/health', summaryOf(health), throughAdvice)
      const answer = readiness.safeParse(ready?.json).data
      if (answer === undefined)
        yield ill('wrong', '/ready', ready === undefined ? 'No answer.' : summaryOf(ready), throughAdvice)
      else
        yield answer.ready
          ? works('/ready', 'It is ready.')
          : ill('wrong', '/ready', `Not ready: ${quote(answer.reasons.join(' '))}`, 'Do what the reasons say.')
    }
    if (!openai) return
    const models = await ask({ url: `${target.api}/models` }, signal)
    const ids = modelIdsIn(models.json)
    if (ids === null)
      yield ours
        ? ill('wrong', '/v1/models', summaryOf(models), throughAdvice)
        : unseen('not offered', '/v1/models', `No list of models (${summaryOf(models)}).`)
    else if (ids.length === 0)
      yield ill('warning', '/v1/models', 'The list is empty.', 'Configure a provider, or name models from elsewhere.')
    else
      yield works('/v1/models', `${ids.length} listed, ${quote(ids.slice(0, 3).join(', '))} first.`, {
        models: ids.length,
      })
  },
}

const throughAdvice = 'Look for a proxy that lets only some paths through, or answers in place of the gateway.'
