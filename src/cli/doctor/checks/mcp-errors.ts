import { z } from 'zod'
import type { Check } from '../check.ts'
import { ill, works } from '../finding.ts'
import type { Finding } from '../finding.ts'
import { clientOf } from '../patient.ts'
import type { Patient } from '../patient.ts'
import { isHtml, refusalIn, summaryOf } from '../replies.ts'
import type { Asked } from '../ask.ts'
import type { Reply } from '../send.ts'

const toolError = z.object({ error: z.object({ code: z.string(), next_step: z.string() }) })

/** Whether what is wrong on the MCP face is refused as its clients and models can read it. */
export const mcpErrors: Check = {
  name: 'mcp',
  needsAdmission: true,
  async *examine(patient, signal) {
    if (!patient.mcp) return
    const { ask, target } = patient
    const wrong: Record<string, Asked> = {
      'broken JSON': { url: target.mcp, method: 'POST', body: '{"jsonrpc": "2.0", "id": 1,', headers: accepts },
      'wrong content type': {
        url: target.mcp,
        method: 'POST',
        body: '{}',
        headers: { ...accepts, 'content-type': 'text/plain' },
      },
    }
    for (const [subject, question] of Object.entries(wrong))
      yield judgeReply(patient, subject, await ask(question, signal))
    if (patient.ours) yield await examineToolError(patient, signal)
  },
}

const accepts = { accept: 'application/json, text/event-stream' }

const judgeReply = ({ ours }: Patient, subject: string, reply: Reply): Finding => {
  const said = summaryOf(reply)
  if (reply.status < 400) return ill('wrong', subject, `Answered with ${said}.`, 'Have the server refuse it.')
  if (isHtml(reply) || (ours && refusalIn(reply.json) === null))
    return ill('wrong', subject, `Refused with ${said}; clients read JSON-RPC.`, 'Look at the proxy in front.')
  return reply.status >= 500
    ? ill('wrong', subject, `Taken for its own failure: ${said}.`, 'It should be a 4xx.')
    : works(subject, `${said}.`)
}

/** A tool that is called wrongly says so in a result, so that the model reads it and can do better. */
const examineToolError = async (patient: Patient, signal: AbortSignal): Promise<Finding> => {
  const subject = 'wrong arguments'
  const result = await clientOf(patient)?.call('list_providers', { limit: 'many' }, { signal })
  const told = toolError.safeParse(parse(result?.texts[1] ?? '')).data
  return result?.isError === true && told !== undefined
    ? works(subject, `The model is told: ${told.error.code}, and what to do.`)
    : ill('wrong', subject, 'The tool does not say what is wrong.', 'Check that the gateway answers, not a stand-in.')
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
