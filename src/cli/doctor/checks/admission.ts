import { isLoopbackHost } from '../../../lib/hosts.ts'
import type { Asked } from '../ask.ts'
import type { Check } from '../check.ts'
import { ill, works } from '../finding.ts'
import type { Finding } from '../finding.ts'
import { initialize } from '../initialize.ts'
import type { Patient } from '../patient.ts'
import { isHtml, refusalIn, summaryOf } from '../replies.ts'
import type { Reply } from '../send.ts'

/** Whether the doctor is let in, and nobody else. None of its requests can be answered by a model. */
export const admission: Check = {
  name: 'admission',
  needsAdmission: false,
  async *examine(patient, signal) {
    const { credentials } = patient
    if (!patient.admitted) yield* explainRefusal(patient, await knock(patient, 'holder', signal))
    else if (credentials.keyless === null) yield judgeOpenDoor(patient)
    else {
      yield works('your key', 'It is let in.')
      yield* judgeStranger(patient, 'no key', await knock(patient, 'nobody', signal))
      const madeUp = { authorization: 'Bearer made-up-by-the-doctor' }
      yield* judgeStranger(patient, 'a made-up key', await knock(patient, 'nobody', signal, madeUp))
    }
  },
}

/** What a door answered. */
interface Answer {
  path: string
  reply: Reply
}

const knock = (
  { ask, target, openai, mcp }: Patient,
  as: 'holder' | 'nobody',
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer[]> => {
  const doors: [path: string, question: Asked][] = []
  if (openai) doors.push(['/v1/models', { url: `${target.api}/models` }])
  if (openai)
    doors.push(['/v1/chat/completions', { url: `${target.api}/chat/completions`, method: 'POST', body: '{}' }])
  if (mcp) doors.push(['/mcp', initialize(target)])
  return Promise.all(
    doors.map(async ([path, question]) => ({
      path,
      reply: await ask({ ...question, as, headers: { ...question.headers, ...headers } }, signal),
    })),
  )
}

const isRefused = ({ reply: { status } }: Answer): boolean => status === 401 || status === 403

const pathsOf = (answers: readonly Answer[]): string => answers.map(({ path }) => path).join(', ')

const isReadable = ({ reply }: Answer): boolean => !isHtml(reply) && reply.json !== undefined

function* explainRefusal(patient: Patient, answers: readonly Answer[]): Generator<Finding, void> {
  const refused = answers.filter(isRefused)
  const [first] = refused
  if (first === undefined) return
  const refusal = refusalIn(first.reply.json)
  const said = `${pathsOf(refused)}: ${summaryOf(first.reply)}${refusal === null ? '' : `: ${patient.quote(refusal.message)}`}`
  const todo = refusal?.advice ? patient.quote(refusal.advice) : adviceFor(patient, first)
  yield ill('wrong', patient.credentials.keyless === null ? 'without a key' : 'your key', said, todo)
  yield* judgeChallenge(patient, refused)
}

const adviceFor = ({ credentials, ours }: Patient, answer: Answer): string => {
  if (!isReadable(answer))
    return 'Something in front of the gateway refuses; where that is Cloud Run, send its token as --header @FILE with "x-serverless-authorization".'
  if (credentials.keyless === null) return 'Put a key into AI_GATEWAY_API_KEY, or use --key-file FILE.'
  return ours
    ? 'Make a key with "node scripts/launch.mjs keys create --name NAME", and check that it was not revoked.'
    : 'Check the key.'
}

function* judgeStranger(patient: Patient, subject: string, answers: readonly Answer[]): Generator<Finding, void> {
  yield* judgeChallenge(patient, answers.filter(isRefused))
  const letIn = answers.filter((answer) => !isRefused(answer))
  const where = letIn.map(({ path, reply }) => `${path} (${summaryOf(reply)})`).join(', ')
  // A list of models is often public, and a body that is wrong anyway may be refused before the key is looked at.
  const isServed = letIn.some(({ path, reply }) => patient.ours || (path === '/mcp' && reply.status === 200))
  if (letIn.length === 0) yield works(subject, `Refused at ${pathsOf(answers)}.`)
  else if (isServed) yield ill('wrong', subject, `Not refused at ${where}.`, keysAdvice(patient))
  else yield ill('warning', subject, `Not refused with 401 at ${where}.`, 'Check that a completion is refused.')
}

const keysAdvice = ({ ours }: Patient): string =>
  ours
    ? 'Start the gateway with AUTH_MODE=api-key; on loopback, where it needs no key, give the doctor none.'
    : 'Have the gateway demand its key.'

/** A refusal that clients can act on: JSON, and with a 401 the header that RFC 9110 §15.5.2 demands. */
function* judgeChallenge({ ours }: Patient, refused: readonly Answer[]): Generator<Finding, void> {
  const by = ours ? 'a proxy in front of the gateway' : 'the gateway, or a proxy in front of it'
  const unreadable = refused.filter((answer) => !isReadable(answer))
  const [first] = unreadable
  if (first !== undefined)
    yield ill(
      'wrong',
      'challenge',
      `${pathsOf(unreadable)}: ${summaryOf(first.reply)}.`,
      `Programs read JSON: look at ${by}.`,
    )
  const bare = refused.filter(({ reply }) => reply.status === 401 && reply.headers['www-authenticate'] === undefined)
  if (bare.length > 0)
    yield ill(
      ours ? 'wrong' : 'warning',
      'challenge',
      `${pathsOf(bare)}: a 401 without WWW-Authenticate, which MCP clients look for.`,
      `It should come from ${by}.`,
    )
}

const judgeOpenDoor = ({ target }: Patient): Finding =>
  isLoopbackHost(new URL(target.root).hostname)
    ? works('without a key', 'Served, as is usual on loopback.')
    : ill(
        'warning',
        'without a key',
        'Whoever reaches it may use it.',
        'Demand keys or tokens (here: AUTH_MODE=api-key or oauth), or keep it on a private network.',
      )
