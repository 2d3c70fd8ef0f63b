import type { CallToolResult } from '@modelcontextprotocol/server'
import { checkJson, readFields } from '../contract/border.ts'
import { GatewayError } from '../contract/errors.ts'
import type { Logger } from '../contract/runtime.ts'
import { showError } from './error.ts'
import type { Tool, ToolCall } from './tool.ts'

/**
 * One tool call from unread arguments to result. Whatever is thrown becomes an error result; the log learns what the
 * caller must not. Parsing the output also drops fields that its schema lacks: clients refuse results that have them.
 */
export const runTool = async (tool: Tool, call: ToolCall<unknown>, logger: Logger): Promise<CallToolResult> => {
  try {
    checkJson(call.args)
    const args = readFields(tool.input, call.args ?? {}, '')
    const { text, data } = await tool.run({ ...call, args })
    return {
      content: text.map((block) => ({ type: 'text', text: block })),
      structuredContent: tool.output.parse(data),
    }
  } catch (thrown) {
    const error = GatewayError.from(thrown)
    const { requestId } = call.origin
    const { code, detail, cause } = error
    const fields = { request_id: requestId, tool: tool.name, code, param: detail.param ?? null }
    if (code === 'internal' || code === 'store_unavailable')
      logger.error({ ...fields, err: cause ?? error }, `${requestId}  ${tool.name} failed ${code}`)
    else logger.debug(fields, `${requestId}  ${tool.name} refused ${code}`)
    return showError(error, requestId)
  }
}
