import type { CallToolResult } from '@modelcontextprotocol/server'
import { showLimits } from '../contract/limit.ts'
import type { GatewayError } from '../contract/errors.ts'

/**
 * An error as a tool's result, so that the model reads it and can act: a sentence first, then the same as JSON.
 * The JSON is text and not structured content, because the SDK's 2025-era client checks structured content against the
 * tool's output schema even when the result is an error, and would throw our message away.
 */
export const showError = (error: GatewayError, requestId: string): CallToolResult => {
  const message = oneLine(error.message)
  const { retryAfterMs, param, provider, limits, structuredOutput } = error.detail
  const retryAfterS = retryAfterMs === undefined ? null : Math.ceil(retryAfterMs / 1000)
  const wait = retryAfterS === null ? '' : ` Wait ${retryAfterS} s first.`
  const fields = {
    code: error.code,
    message,
    retryable: error.retryable,
    retry_after_s: retryAfterS,
    next_step: error.advice,
    param: param ?? null,
    provider: provider ?? null,
    request_id: requestId,
    ...(limits && { limits: showLimits(limits) }),
    ...(structuredOutput && { structured_output: structuredOutput }),
  }
  return {
    isError: true,
    content: [
      { type: 'text', text: `${error.code}: ${message} What to do: ${error.advice}${wait}` },
      { type: 'text', text: JSON.stringify({ error: fields }) },
    ],
  }
}

const maxMessageLength = 600

/**
 * A message may quote what a provider wrote, and the reader is a model: it gets one short line of printable text, in
 * which nothing can pass for a new paragraph of instructions.
 */
export const oneLine = (text: string): string => {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return line.length <= maxMessageLength ? line : `${line.slice(0, maxMessageLength)}… (cut)`
}
