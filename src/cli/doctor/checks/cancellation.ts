import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'
import type { Finding } from '../finding.ts'
import type { Patient } from '../patient.ts'
import { readStream } from '../read-stream.ts'
import type { Receipt, Spending } from '../spending.ts'
import { sleep } from '../../../lib/abort.ts'

/** How long a gateway may take to give up what nobody listens to. */
const patienceMs = 5_000
const pollMs = 200
/** An answer that ends this soon after the doctor left may have been over before the gateway could hear of it. */
const slackMs = 250

/** Whether a call whose caller left is given up: seen in the gateway's ledger, or at the doctor's own upstream. */
export const cancellation: Check = {
  name: 'cancelling',
  needsAdmission: true,
  async *examine(patient, signal) {
    const { spending, openai, ask, standIn, ours } = patient
    if (spending === null || spending.model === null || !openai) return
    const startedAtMs = performance.now()
    const opened = await ask.open(spending.question('cancellation'), signal)
    // One piece may be a whole answer that something held back; at the second the stream is running.
    const heard = await readStream(opened, {
      startedAtMs,
      silenceMs: ask.limitMs,
      enough: ({ arrivalsMs, finishReason }) => arrivalsMs.length >= 2 && finishReason === null,
    })
    opened.response.destroy()
    const leftAfterMs = performance.now() - startedAtMs
    signal.throwIfAborted()
    if (heard.done || heard.finishReason !== null || heard.arrivalsMs.length < 2) {
      yield unseen('not observable', 'caller leaves', 'No stream was running that could have been left.')
      return
    }
    if (standIn !== null) yield judgeSighting(await standIn.watch(spending.markOf('cancellation'), patienceMs))
    if (ours) yield judgeReceipt(await waitForReceipt(spending, signal), leftAfterMs)
    else if (standIn === null)
      yield unseen('not observable', 'caller leaves', 'It cannot be seen from outside.', upstreamAdvice)
  },
}

const upstreamAdvice = 'Have the gateway route a model to the doctor, and name both: --upstream host:port --model NAME.'

const judgeSighting = (sighting: Awaited<ReturnType<NonNullable<Patient['standIn']>['watch']>>): Finding => {
  const subject = 'seen upstream'
  switch (sighting) {
    case 'left':
      return works(subject, 'The call was given up when its caller left.')
    case 'never asked':
      return unseen('not observable', subject, 'The request never came to the doctor.', upstreamAdvice)
    case 'finished':
    case 'running':
      return ill(
        'wrong',
        subject,
        'The call went on after its caller had left: answers that nobody hears are paid.',
        'Have the gateway close the upstream connection when its caller leaves; a proxy in between must do the same.',
      )
  }
}

/** A receipt is written when the call is over. */
const waitForReceipt = async (spending: Spending, signal: AbortSignal): Promise<Receipt | null> => {
  const giveUpAtMs = performance.now() + patienceMs
  for (;;) {
    const receipt = await spending.receiptOf('cancellation')
    if (receipt !== null || performance.now() > giveUpAtMs) return receipt
    await sleep(pollMs, signal)
  }
}

const judgeReceipt = (receipt: Receipt | null, leftAfterMs: number): Finding => {
  const subject = 'seen in the ledger'
  if (receipt?.abandoned === true) return works(subject, 'The receipt says that its caller left.')
  if (receipt !== null && receipt.durationMs < leftAfterMs + slackMs)
    return unseen('not observable', subject, 'The answer was over before the gateway could hear of it.')
  return ill(
    'wrong',
    subject,
    receipt === null
      ? `The call still ran ${patienceMs / 1000} s after its caller had left.`
      : 'The call ran to its end although its caller had left.',
    'The gateway was not told: have the proxy in front close its connection when the caller leaves.',
  )
}
