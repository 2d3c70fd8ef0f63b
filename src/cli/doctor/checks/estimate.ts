import { formatUsd } from '../../../contract/money.ts'
import type { Check } from '../check.ts'
import { unseen, works } from '../finding.ts'

/** Says what the next checks may cost, before they do. */
export const estimate: Check = {
  name: 'spend',
  needsAdmission: true,
  async *examine({ spending, openai, quote, standIn }) {
    const subject = 'beforehand'
    if (spending === null)
      yield unseen('not tried', 'answers', 'Completion, stream and cancellation cost money.', 'Add --spend.')
    else if (!openai) yield unseen('not offered', 'answers', 'There is no OpenAI-compatible face to ask.')
    else if (spending.model === null)
      yield unseen('not tried', 'answers', 'Which model is to answer?', 'Name one with --model.')
    else if (standIn !== null)
      yield works(subject, `Three requests of ${quote(spending.model)}, answered at ${standIn.url} at no cost.`)
    else {
      const atMost = await spending.atMost()
      const limit =
        atMost === null
          ? 'at a price that nobody tells: at most 1800 tokens of output'
          : `at most $${formatUsd(atMost)}, which the gateway is told to hold`
      yield works(subject, `Three requests of ${quote(spending.model)}, ${limit}.`)
    }
  },
}
