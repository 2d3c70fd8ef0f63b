import type { Check } from '../check.ts'
import { ill, works } from '../finding.ts'
import type { Finding } from '../finding.ts'
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
    const url = openai ? `${target.api}/models` : target.mcp
    const [keyless, host, origin] = await Promise.all([
      ask({ url, as: 'nobody' }, signal),
      ask({ url, headers: { host: stranger } }, signal),
      ask({ url, headers: { origin: `https://${stranger}` } }, signal),
    ])
    yield judgeHost(host, keyless)
    yield judgeOrigin(patient, origin, keyless)
  },
}

const judgeHost = (reply: Reply, keyless: Reply): Finding => {
  const subject = 'foreign Host'
  if (reply.status >= 400) return works(subject, `Refused: ${summaryOf(reply)}.`)
  return keyless.status === 401 || keyless.status === 403
    ? works(subject, 'Served, but to nobody without a key.')
    : ill(
        'warning',
        subject,
        'Served, and without a key: a web page whose name points here can use the gateway.',
        'Demand keys, or serve known host names only (here: ALLOWED_HOSTS).',
      )
}

const judgeOrigin = ({ ours }: Patient, reply: Reply, keyless: Reply): Finding => {
  const subject = 'foreign Origin'
  const allowed = reply.headers['access-control-allow-origin']
  if (reply.status >= 400) return works(subject, `Refused: ${summaryOf(reply)}.`)
  if (ours)
    return ill(
      'wrong',
      subject,
      'Served, although a page of another site asked.',
      'Look for a proxy that drops the Origin header, and at ALLOWED_ORIGINS.',
    )
  if (allowed === undefined) return works(subject, 'Served without CORS headers: browsers keep it from the page.')
  return keyless.status === 401 || keyless.status === 403
    ? works(subject, 'Served with CORS headers, but to nobody without a key.')
    : ill(
        'warning',
        subject,
        'Any web page may use the gateway: CORS headers, and no key.',
        'Demand keys, or name the origins that may call.',
      )
}
