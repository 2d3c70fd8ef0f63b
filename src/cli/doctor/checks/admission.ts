import type { Check } from '../check.ts'
import { ill, works } from '../finding.ts'
import type { Finding } from '../finding.ts'
import type { Patient } from '../patient.ts'
import { isHtml, refusalIn, summaryOf } from '../replies.ts'
import type { Asked } from '../ask.ts'
import type { Reply } from '../send.ts'
import { isLoopbackHost } from '../../../lib/hosts.ts'

/** Whether the doctor is let in, and nobody else. None of its requests can be answered by a model. */
export const admission: Check = {
  name: 'admission',
  needsAdmission: false,
  async *examine(patient, signal) {
    const { credentials, quote } = patient
    const faces = facesOf(patient)
    if (!patient.admitted) {
      for (const { url, reply } of await knock(patient, faces, 'holder', signal)) {
        if (!isRefused(reply)) continue
        const refusal = refusalIn(reply.json)
        yield ill(
          'wrong',
          credentials.keyless === null ? 'without a key' : 'your key',
          `${url} answers ${summaryOf(reply)}${refusal === null ? '' : `: ${quote(refusal.message)}`}`,
          refusal?.advice ? quote(refusal.advice) : adviceFor(patient, reply),
        )
        yield* judgeChallenge(patient, url, reply)
      }
      return
    }
    if (credentials.keyless === null) yield judgeOpenDoor(patient)
    else {
      yield works('your key', 'It is let in.')
      yield* examineStranger(patient, faces, 'no key', {}, signal)
      yield* examineStranger(patient, faces, 'a made-up key', { authorization: 'Bearer made-up-by-the-doctor' }, signal)
    }
  },
}

interface Face {
  url: string
  question: Asked
}

const facesOf = ({ target, openai, mcp }: Patient): Face[] => [
  ...(openai
    ? [
        { url: '/v1/models', question: { url: `${target.api}/models` } },
        {
          url: '/v1/chat/completions',
          question: { url: `${target.api}/chat/completions`, method: 'POST' as const, body: '{}' },
        },
      ]
    : []),
  ...(mcp ? [{ url: '/mcp', question: { url: target.mcp, method: 'POST' as const, body: handshake } }] : []),
]

const handshake = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'ai-gateway-mcp', version: '0' } },
})

const knock = (
  { ask }: Patient,
  faces: readonly Face[],
  as: 'holder' | 'nobody',
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ url: string; reply: Reply }[]> =>
  Promise.all(
    faces.map(async ({ url, question }) => ({
      url,
      reply: await ask({ ...question, as, headers: { ...headers, ...(url === '/mcp' ? mcpAccept : {}) } }, signal),
    })),
  )

const mcpAccept = { accept: 'application/json, text/event-stream' }

const isRefused = ({ status }: Reply): boolean => status === 401 || status === 403

const adviceFor = ({ credentials, ours }: Patient, reply: Reply): string => {
  if (isHtml(reply)) return 'Something in front of the gateway refuses; for Cloud Run send x-serverless-authorization.'
  if (credentials.keyless === null) return 'Put a key into AI_GATEWAY_API_KEY, or use --key-file FILE.'
  return ours ? 'Make a key with "keys create", and check that it was not revoked.' : 'Check the key.'
}

async function* examineStranger(
  patient: Patient,
  faces: readonly Face[],
  subject: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<Finding, void> {
  const answers = await knock(patient, faces, 'nobody', signal, headers)
  const letIn = answers.filter(({ reply }) => !isRefused(reply))
  for (const { url, reply } of answers) if (isRefused(reply)) yield* judgeChallenge(patient, url, reply)
  if (letIn.length === 0) {
    yield works(subject, `Refused at ${answers.map(({ url }) => url).join(', ')}.`)
    return
  }
  // A list of models is often public, and a body that is wrong anyway may be refused before the key is looked at.
  const served = letIn.filter(({ url, reply }) => patient.ours || (url === '/mcp' && reply.status === 200))
  const where = letIn.map(({ url, reply }) => `${url} (${summaryOf(reply)})`).join(', ')
  yield served.length > 0
    ? ill('wrong', subject, `Not refused at ${where}.`, keysAdvice(patient))
    : ill('warning', subject, `Not refused with 401 at ${where}.`, 'Check that a completion is refused without a key.')
}

const keysAdvice = ({ ours }: Patient): string =>
  ours
    ? 'Start the gateway with AUTH_MODE=api-key; on loopback, where it needs no key, give the doctor none.'
    : 'Have the gateway demand its key.'

/** A 401 that clients can act on: JSON, and the header that RFC 9110 §15.5.2 demands. */
function* judgeChallenge(patient: Patient, url: string, reply: Reply): Generator<Finding, void> {
  if (reply.status !== 401) return
  const subject = `challenge of ${url}`
  const by = patient.ours ? 'a proxy in front of it' : 'the gateway or a proxy in front of it'
  if (isHtml(reply) || reply.json === undefined)
    yield ill('wrong', subject, `${summaryOf(reply)}.`, `Clients need JSON: look at ${by}.`)
  if (reply.headers['www-authenticate'] === undefined)
    yield ill(
      patient.ours ? 'wrong' : 'warning',
      subject,
      'A 401 without WWW-Authenticate, which MCP clients look for.',
      `Have ${by} send it.`,
    )
}

const judgeOpenDoor = ({ target }: Patient): Finding =>
  isLoopbackHost(new URL(target.root).hostname)
    ? works('without a key', 'Served, as is usual on loopback.')
    : ill(
        'warning',
        'without a key',
        'Whoever reaches it may use it.',
        'Demand keys (here: AUTH_MODE=api-key), or keep it on a private network.',
      )
