import { z } from 'zod'
import type { Check } from '../check.ts'
import { ill, works } from '../finding.ts'
import { isHtml, refusalIn, summaryOf } from '../replies.ts'

const completionShape = z.object({
  model: z.string(),
  choices: z
    .array(z.object({ message: z.object({ content: z.string().nullable() }), finish_reason: z.string() }))
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
  gateway: z
    .object({ provider: z.string(), simulated: z.boolean(), timings: z.object({ total_ms: z.number() }) })
    .nullish(),
})

/** A completion, waited for. */
export const completion: Check = {
  name: 'completion',
  needsAdmission: true,
  async *examine({ spending, openai, ask, quote }, signal) {
    if (spending === null || spending.model === null || !openai) return
    const startedAtMs = performance.now()
    const reply = await ask(spending.question('completion'), signal)
    const elapsedMs = Math.round(performance.now() - startedAtMs)
    const refusal = refusalIn(reply.json)
    if (reply.status !== 200 || refusal !== null) {
      const said =
        refusal === null || isHtml(reply) ? summaryOf(reply) : `${summaryOf(reply)}: ${quote(refusal.message)}`
      yield ill('wrong', 'answer', said, refusal?.advice ? quote(refusal.advice) : 'Look at the log of the gateway.')
      return
    }
    const answer = completionShape.safeParse(reply.json).data
    if (answer === undefined) {
      yield ill('wrong', 'answer', 'A 200 that is no chat completion.', 'Look at what the gateway made of the answer.')
      return
    }
    const { model, choices, usage, gateway } = answer
    const place = gateway ? ` at ${quote(gateway.provider)}${gateway.simulated ? ', simulated' : ''}` : ''
    const by = `${quote(model)}${place}`
    const inside = gateway ? `, ${Math.round(gateway.timings.total_ms)} of them in the gateway` : ''
    const [choice] = choices
    yield choice?.message.content
      ? works('answer', `${by}, ${elapsedMs} ms${inside}.`, { elapsedMs })
      : ill('warning', 'answer', `${by} said nothing (${quote(choice?.finish_reason ?? '')}).`, 'Try another model.')
    yield usage
      ? works('usage', `${usage.prompt_tokens} tokens in, ${usage.completion_tokens} out.`)
      : ill('warning', 'usage', 'No token counts: nobody can tell what it cost.', 'Have the gateway report usage.')
  },
}
