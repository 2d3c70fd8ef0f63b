import { z } from 'zod'
import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'
import { explainFault } from '../network-fault.ts'
import { clientOf } from '../patient.ts'
import type { Patient } from '../patient.ts'
import { isHtml, summaryOf } from '../replies.ts'
import type { Reply } from '../send.ts'

const statusLimits = z.object({ limits: z.object({ max_body_bytes: z.int().min(1) }) })
/** For gateways that do not tell their limit. */
const hugeBytes = 1024 ** 3
/** A gateway that goes by the announced length answers at once; another waits for the body, which never comes. */
const patienceMs = 2_000

/** Whether a body that is too large is refused by its announced length, before it is sent. */
export const size: Check = {
  name: 'bad input',
  needsAdmission: true,
  async *examine(patient, signal) {
    if (!patient.openai) return
    const subject = 'oversized body'
    const bytes = (await limitOf(patient, signal)) ?? hugeBytes
    const reply = await announce(patient, bytes, signal)
    if (reply === null)
      yield unseen('not observable', subject, 'It waits for the body instead of refusing its announced length.')
    else if (reply.status < 400) yield ill('wrong', subject, `Answered with ${summaryOf(reply)}.`, advice)
    else if (isHtml(reply) || reply.json === undefined)
      yield ill('warning', subject, `Refused with ${summaryOf(reply)}, by a proxy in front.`, advice)
    else if (patient.ours && summaryOf(reply) !== '413 body_too_large')
      yield ill('wrong', subject, `${summaryOf(reply)} instead of 413 body_too_large.`, advice)
    else yield works(subject, `${bytes} bytes: ${summaryOf(reply)}.`)
  },
}

const advice = "Give the proxy in front the gateway's own limit or a higher one, and have it pass errors through."

const limitOf = async (patient: Patient, signal: AbortSignal): Promise<number | null> => {
  const client = patient.ours ? clientOf(patient) : null
  const status = await client?.call('gateway_status', {}, { signal })
  const told = statusLimits.safeParse(status?.data).data
  return told === undefined ? null : told.limits.max_body_bytes + 1
}

const announce = async ({ ask, target }: Patient, bytes: number, signal: AbortSignal): Promise<Reply | null> => {
  const question = {
    url: `${target.api}/chat/completions`,
    method: 'POST' as const,
    headers: { 'content-type': 'application/json', 'content-length': String(bytes) },
  }
  try {
    return await ask(question, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]))
  } catch (error) {
    signal.throwIfAborted()
    if (explainFault(error) === null) throw error
    return null
  }
}
