import { z } from 'zod'
import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'
import { clientOf } from '../patient.ts'

const listed = z.object({
  providers: z.array(
    z.object({
      id: z.string(),
      circuit: z.enum(['closed', 'open', 'half_open']).nullable(),
      circuit_reason: z.string().nullable(),
      in_flight: z.int().nullable(),
      max_concurrent: z.int().nullable(),
      recent_calls: z.int().nullable(),
      recent_failures: z.int().nullable(),
      simulated: z.boolean(),
    }),
  ),
})

/** A provider that fails this often is not well, even while its circuit is closed. */
const tolerableFailures = 0.2

/** How the gateway itself says that its providers are doing. */
export const providers: Check = {
  name: 'providers',
  needsAdmission: true,
  async *examine(patient, signal) {
    const client = clientOf(patient)
    if (!patient.ours || client === null) {
      yield unseen('not offered', 'their state', 'Only ai-gateway-mcp tells of its providers, over MCP.')
      return
    }
    const result = await client.call('list_providers', { configured_only: true }, { signal })
    const answer = listed.safeParse(result.data).data
    if (result.isError || answer === undefined) {
      yield ill('wrong', 'list_providers', patient.quote(result.texts[0] ?? 'No answer.'), 'Look at the log.')
      return
    }
    if (answer.providers.length === 0)
      yield ill('wrong', 'configured', 'None: nothing can answer.', 'Set a key such as OPENAI_API_KEY, and restart.')
    for (const provider of answer.providers) {
      const { circuit, recent_calls: calls, recent_failures: failures } = provider
      const id = patient.quote(provider.id)
      const failed = `${failures ?? 0} of ${calls ?? 0} recent calls failed`
      const simulated = provider.simulated ? ', simulated' : ''
      if (circuit === 'open' || circuit === 'half_open')
        yield ill(
          'warning',
          id,
          `Resting (circuit ${circuit.replace('_', ' ')}): ${patient.quote(provider.circuit_reason ?? failed)}.`,
          'Look at its status page, and at its key and credit.',
        )
      else if (provider.in_flight !== null && provider.in_flight === provider.max_concurrent)
        yield ill('slow', id, 'All its slots are taken.', 'Raise max_concurrent in config/providers.yaml.')
      else if ((failures ?? 0) > (calls ?? 0) * tolerableFailures)
        yield ill('warning', id, `In use, but ${failed}.`, 'Look at its status page and at the log.')
      else yield works(id, `In use, ${failed}${simulated}.`)
    }
  },
}
