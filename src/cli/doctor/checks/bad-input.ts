import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'
import type { Finding } from '../finding.ts'
import type { Patient } from '../patient.ts'
import { isHtml, refusalIn, summaryOf } from '../replies.ts'
import type { Asked } from '../ask.ts'
import type { Reply } from '../send.ts'

/** A request that is wrong in one way. */
interface Probe {
  subject: string
  question: (target: Patient['target']) => Asked
  /** What our own gateway says to it: docs/errors.md. */
  ours: string
  /** A gateway that does not look at the fault would have a model answer. */
  mayCost?: boolean
}

const asked = (body: unknown): string => JSON.stringify(body)

const probes: readonly Probe[] = [
  {
    subject: 'broken JSON',
    question: ({ api }) => ({ url: `${api}/chat/completions`, method: 'POST', body: '{"model": "x", "messages": [' }),
    ours: '400 invalid_json',
  },
  {
    subject: 'wrong content type',
    // Nothing that could be answered, for gateways that do not look at the type.
    question: ({ api }) => ({
      url: `${api}/chat/completions`,
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
    }),
    ours: '415 unsupported_media_type',
  },
  {
    subject: 'missing fields',
    question: ({ api }) => ({ url: `${api}/chat/completions`, method: 'POST', body: '{}' }),
    ours: '400 invalid_request',
  },
  {
    subject: 'unknown model',
    question: ({ api }) => ({
      url: `${api}/chat/completions`,
      method: 'POST',
      body: asked({ model: 'no-such-model-doctor', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 }),
    }),
    ours: '404 model_not_found',
    mayCost: true,
  },
  {
    subject: 'unknown path',
    question: ({ api }) => ({ url: `${api}/no-such-path-doctor` }),
    ours: '404 not_found',
  },
  {
    subject: 'wrong method',
    question: ({ api }) => ({ url: `${api}/chat/completions` }),
    ours: '405 method_not_allowed',
  },
]

/** Whether what is wrong is refused as programs can read it: JSON with a code, whatever stands in between. */
export const badInput: Check = {
  name: 'bad input',
  needsAdmission: true,
  async *examine(patient, signal) {
    if (!patient.openai) return
    for (const probe of probes) {
      const { subject, question, mayCost = false } = probe
      if (mayCost && !patient.ours && patient.spending === null)
        yield unseen('not tried', subject, 'A model might answer, at a cost.', 'Add --spend.')
      else yield judge(patient, probe, await patient.ask(question(patient.target), signal))
    }
  },
}

const judge = ({ ours: isOurs, quote }: Patient, { subject, ours, mayCost = false }: Probe, reply: Reply): Finding => {
  const said = summaryOf(reply)
  const inBetween = 'Something in front of the gateway answers in its place: have it pass errors through.'
  if (reply.status < 400)
    return ill(
      isOurs || !mayCost ? 'wrong' : 'warning',
      subject,
      `Answered with ${said}.`,
      'Have the gateway refuse it.',
    )
  if (isHtml(reply) || reply.json === undefined)
    return ill('wrong', subject, `Refused with ${said}; programs read JSON.`, inBetween)
  const refusal = refusalIn(reply.json)
  if (refusal === null)
    return ill('wrong', subject, `Refused with ${said}, in no shape that OpenAI's clients know.`, shapeAdvice)
  if (reply.status >= 500)
    return ill('wrong', subject, `Taken for its own failure: ${said}: ${quote(refusal.message)}`, 'It should be a 4xx.')
  if (isOurs)
    return said === ours
      ? works(subject, `${said}.`)
      : ill('wrong', subject, `${said} instead of ${ours}.`, 'Look for a proxy that changes requests or answers.')
  return refusal.code === null
    ? ill('warning', subject, `${said} without a code: ${quote(refusal.message)}`, 'Programs can only go by its words.')
    : works(subject, `${said}.`)
}

const shapeAdvice = 'It should be {"error": {"message", "type", "code"}}.'
