import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'
import type { Finding } from '../finding.ts'
import { explainFault } from '../network-fault.ts'
import type { Patient } from '../patient.ts'
import { readStream } from '../read-stream.ts'
import type { Heard } from '../read-stream.ts'

const slowFirstTokenMs = 3_000
const slowGapMs = 2_000
/** Time that may be lost between the gateway and here. */
const slowWayMs = 500
/** With fewer pieces nobody can say whether they were held back. */
const enoughTexts = 8
/** Held up for a greater share of the time, the doctor itself may have made few arrivals of many. */
const tolerableStall = 0.25
/** An answer that took no longer comes in one piece anyhow. */
const quickMs = 100
/** Only of an answer that took this long can be said that its beginning was held back, */
const longMs = 1_000
/** where it came within so small a share of that time. */
const tolerableSqueeze = 0.5

/** A stream: when it begins, how it flows, whether anything holds it back, and how it ends. */
export const stream: Check = {
  name: 'stream',
  needsAdmission: true,
  async *examine(patient, signal) {
    const { spending, openai, ask, quote } = patient
    if (spending === null || spending.model === null || !openai) return
    const startedAtMs = performance.now()
    const opened = await ask.open(spending.question('stream'), signal)
    const type = opened.headers['content-type'] ?? 'no content type'
    if (opened.status !== 200 || !type.startsWith('text/event-stream')) {
      opened.response.destroy()
      yield ill('wrong', 'answer', `${opened.status}, ${quote(type)}, instead of server-sent events.`, logAdvice)
      return
    }
    const heard = await readStream(opened, { startedAtMs, silenceMs: ask.limitMs })
    signal.throwIfAborted()
    yield* judgeFlow(heard)
    yield judgeBuffering(heard, patient)
    yield judgeEnd(heard, patient)
    if (heard.done && !heard.usage)
      yield ill('warning', 'usage', 'No usage, although it was asked for.', 'Have the gateway report it.')
  },
}

const logAdvice = 'Look at the log of the gateway.'

function* judgeFlow({ arrivalsMs, timings }: Heard): Generator<Finding, void> {
  const [firstMs] = arrivalsMs
  if (firstMs === undefined) return
  const firstTokenMs = Math.round(firstMs)
  const said = `After ${firstTokenMs} ms${timings === null ? '' : `; at the gateway after ${Math.round(timings.firstTokenMs)} ms`}.`
  const lostMs = timings === null ? 0 : firstMs - timings.firstTokenMs
  if (firstMs > slowFirstTokenMs)
    yield ill('slow', 'first token', said, 'Choose a faster model; explain_route shows what is expected of each.', {
      firstTokenMs,
    })
  else if (lostMs > slowWayMs)
    yield ill('slow', 'first token', said, 'The time is lost on the way: look at the proxies in between.', {
      firstTokenMs,
    })
  else yield works('first token', said, { firstTokenMs })

  const gaps = arrivalsMs.slice(1).map((atMs, index) => atMs - (arrivalsMs[index] ?? 0))
  if (gaps.length === 0) return
  const longestGapMs = Math.round(Math.max(...gaps))
  yield longestGapMs > slowGapMs
    ? ill('slow', 'gaps', `The longest is ${longestGapMs} ms.`, 'Try another provider of the model.', { longestGapMs })
    : works('gaps', `The longest is ${longestGapMs} ms.`, { longestGapMs })
}

const judgeBuffering = ({ texts, arrivalsMs, stallMs, timings, elapsedMs }: Heard, { ours }: Patient): Finding => {
  const subject = 'buffering'
  if (texts < enoughTexts) return unseen('not observable', subject, `Only ${texts} pieces came.`)
  const spreadMs = timings === null ? null : timings.totalMs - timings.firstTokenMs
  const heardMs = Math.round((arrivalsMs.at(-1) ?? 0) - (arrivalsMs[0] ?? 0))
  const heldInPart = spreadMs !== null && spreadMs >= longMs && heardMs < spreadMs * tolerableSqueeze
  if (arrivalsMs.length > 2 && heldInPart && stallMs <= spreadMs * tolerableStall)
    return ill(
      'slow',
      subject,
      `What was made over ${Math.round(spreadMs)} ms came within ${heardMs} ms: the beginning was held back.`,
      bufferingAdvice,
      { heardMs, madeMs: Math.round(spreadMs) },
    )
  if (arrivalsMs.length > 2)
    return works(subject, `${texts} pieces in ${arrivalsMs.length} arrivals over ${heardMs} ms.`, { heardMs })
  if (stallMs > (spreadMs ?? elapsedMs) * tolerableStall)
    return unseen('not observable', subject, 'This machine was too busy to tell.', 'Try again.')
  if (spreadMs !== null && spreadMs < quickMs)
    return unseen('not observable', subject, `The whole answer was made in ${Math.round(spreadMs)} ms.`)
  const said = `${texts} pieces came all at once${spreadMs === null ? '' : `, made over ${Math.round(spreadMs)} ms`}.`
  return ill(ours ? 'wrong' : 'warning', subject, said, bufferingAdvice)
}

const bufferingAdvice =
  'Something holds the stream back: switch off response buffering and compression for text/event-stream in the proxy in front (nginx: proxy_buffering off).'

const judgeEnd = (heard: Heard, { ask, quote }: Patient): Finding => {
  const subject = 'end'
  const { error, broken, strange, done, finishReason } = heard
  if (error !== null)
    return ill(
      'wrong',
      subject,
      `An error after ${heard.texts} pieces: ${error.code === null ? '' : `${quote(error.code)}: `}${quote(error.message)}`,
      error.advice === null ? logAdvice : quote(error.advice),
    )
  if (broken instanceof Error && broken.name === 'TimeoutError')
    return ill('wrong', subject, `Silence for ${ask.limitMs / 1000} s after ${heard.texts} pieces.`, stallAdvice)
  if (broken !== null)
    return ill('wrong', subject, `Broken off: ${explainFault(broken)?.said ?? 'the connection failed.'}`, cutAdvice)
  if (strange !== null)
    return ill(
      'wrong',
      subject,
      `An event of no known shape: ${quote(strange, 80)}`,
      'Have the gateway check what it passes on.',
    )
  if (!done)
    return ill('wrong', subject, 'It ends without [DONE]: half an answer would look like a whole one.', cutAdvice)
  return finishReason === null
    ? ill('warning', subject, '[DONE], but no finish reason.', 'Clients cannot tell whether the answer was cut short.')
    : works(subject, `[DONE], finish reason ${quote(finishReason)}.`)
}

const stallAdvice = 'Give the gateway a limit on silence, so that callers get an error they can act on.'
const cutAdvice = 'Look at the idle and total timeouts of the proxies in between, and at the log of the gateway.'
