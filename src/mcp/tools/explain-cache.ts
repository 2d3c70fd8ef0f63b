import { z } from 'zod'
import { showMemory } from '../../admin/near.ts'
import { unifiedFields } from '../../contract/unified-completion.ts'
import { readUnified } from '../../gateway/unified.ts'
import { defineTool, looksOnly, strictInput } from '../tool.ts'

const { prompt, messages, system, model, max_tokens, temperature } = unifiedFields

const output = z.object({
  bypass: z.string().nullable().describe('Why the cache would not be asked at all; null: it would be.'),
  exact: z.string().nullable().describe('Entry of the very same request.'),
  canonical: z.string().nullable().describe('Entry of the same request in another form of its last text.'),
  form_matters: z.boolean().describe('True: another form of the text is another request.'),
  task: z.string().nullable(),
  near: z
    .object({
      verdict: z.string().describe('"hit", or why no near answer would serve.'),
      mode: z.string(),
      max_false_hit_rate: z.number(),
      threshold: z.number().nullable().describe('What p must reach.'),
      form: z.string().describe('What decides: "joined", "trees" (without the pair model), or "cosine".'),
      candidates: z.array(
        z.object({
          entry_id: z.string(),
          similarity: z.number(),
          p: z
            .number()
            .nullable()
            .describe('How likely its answer is right; null: vetoed, or left behind by words alone.'),
          vetoes: z.array(z.object({ guard: z.string(), reason: z.string() })),
        }),
      ),
    })
    .nullable()
    .describe('Null: there are no near answers here, or the last message is no plain text of the user.'),
})

export const explainCache = defineTool({
  name: 'explain_cache',
  title: 'Explain what the cache would answer',
  description:
    'Shows what each tier of the cache would do with a request and why: the entry of the same request or of another form of it, each near neighbour with its similarity, every veto, how sure the verifier is and how sure it would have to be. Nothing is called, kept or counted. ' +
    'Use it when a cached answer surprises you, or when none came. ' +
    'Not for the choice of a model: explain_route has that. Free; it sees only answers that you may read.',
  annotations: looksOnly,
  input: strictInput({
    prompt,
    messages,
    system,
    model,
    max_tokens,
    temperature,
  }),
  output,
  run: async ({ args, caller, services, signal }) => {
    const data = showMemory(await services.admin.explainCache(readUnified(args, services.known), caller, signal))
    const { near } = data
    const lines = [
      data.bypass === null ? null : `The cache is not asked: ${data.bypass}.`,
      `exact: ${data.exact ?? 'nothing'}`,
      `canonical: ${data.canonical ?? (data.form_matters ? 'the form matters here' : 'nothing')}`,
      near === null
        ? 'near: not looked for'
        : `near: ${near.verdict} (mode ${near.mode}, threshold ${near.threshold ?? 'none'})`,
      ...(near?.candidates ?? []).map(
        ({ entry_id: id, similarity, p, vetoes }) =>
          `  ${id}: similarity ${similarity.toFixed(3)}, p ${p === null ? '-' : p.toFixed(3)}${vetoes.map(({ guard, reason }) => `; ${guard}: ${reason}`).join('')}`,
      ),
    ]
    return { text: [lines.filter((line) => line !== null).join('\n')], data }
  },
})
