import type { Asked } from '../ask.ts'
import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'
import type { Finding } from '../finding.ts'
import { initialize } from '../initialize.ts'
import type { Patient } from '../patient.ts'
import { summaryOf } from '../replies.ts'
import type { Reply } from '../send.ts'

const stranger = 'doctor.invalid'

/**
 * Whether a web page of a stranger can use the gateway: by pointing its own host name at it (DNS rebinding), or by calling
 * across origins. Where everybody needs a key a foreign host name does no harm.
 */
export const door: Check = {
  name: 'door',
  needsAdmission: false,
  async *examine(patient, signal) {
    const { ask, target, openai } = patient
    const question: Asked = openai ? { url: `${target.api}/models` } : initialize(target)
    const from = (headers: Readonly<Record<string, string>>): Asked => ({
      ...question,
      headers: { ...question.headers, ...headers },
    })
    const [plain, keyless, host, origin] = await Promise.all([
      ask(question, signal),
      ask({ ...question, as: 'nobody' }, signal),
      ask(from({ host: stranger }), signal),
      ask(from({ origin: `https://${stranger}` }), signal),
    ])
    const isOpen = keyless.status !== 401 && keyless.status !== 403
    yield judgeRefusal('foreign Host', plain, host) ?? judgeHost(isOpen)
    yield judgeRefusal('foreign Origin', plain, origin) ?? judgeOrigin(patient, origin, isOpen)
  },
}

/** Null for a request that was served. */
const judgeRefusal = (subject: string, plain: Reply, reply: Reply): Finding | null => {
  if (reply.status < 400) return null
  return reply.status === plain.status
    ? unseen('not observable', subject, `Refused, as the doctor itself is: ${summaryOf(reply)}.`)
    : works(subject, `Refused: ${summaryOf(reply)}.`)
}

const judgeHost = (isOpen: boolean): Finding =>
  isOpen
    ? ill(
        'warning',
        'foreign Host',
        'Served, and without a key: a web page whose name points here can use the gateway.',
        'Demand keys, or serve known host names only (here: ALLOWED_HOSTS).',
      )
    : works('foreign Host', 'Served, but to nobody without a key.')

const judgeOrigin = ({ ours }: Patient, reply: Reply, isOpen: boolean): Finding => {
  const subject = 'foreign Origin'
  const allowed = reply.headers['access-control-allow-origin']
  if (ours)
    return ill(
      'wrong',
      subject,
      'Served, although a page of another site asked.',
      'Look for a proxy that drops the Origin header, and at ALLOWED_ORIGINS.',
    )
  if (allowed === undefined) return works(subject, 'Served without CORS headers: browsers keep it from the page.')
  return isOpen
    ? ill(
        'warning',
        subject,
        'Any web page may use the gateway: CORS headers, and no key.',
        'Demand keys, or name the origins that may call.',
      )
    : works(subject, 'Served with CORS headers, but to nobody without a key.')
}
