import { GatewayError } from '../../contract/errors.ts'
import type { Warning } from '../../contract/chat.ts'

/** The caller's own names for what has two: canonical name to the one that the request used. */
export type Spelling = ReadonlyMap<string, string>

/** `tools[0].function.name` in the words of who sent `functions`: `functions[0].name`. */
const respell = (param: string, spelling: Spelling): string => {
  const [field = ''] = /^\w+/.exec(param) ?? []
  const own = spelling.get(field)
  if (own === undefined) return param
  const rest = param.slice(field.length)
  return own + (field === 'tools' || field === 'tool_choice' ? rest.replace('.function', '') : rest)
}

/** An error that names the field which the caller sent. */
export const errorInOwnWords = (thrown: unknown, spelling: Spelling): GatewayError => {
  const error = GatewayError.from(thrown)
  const { param } = error.detail
  if (param === undefined || spelling.size === 0) return error
  return new GatewayError(error.code, error.message, {
    ...error.detail,
    param: respell(param, spelling),
    cause: error.cause,
  })
}

export const warningsInOwnWords = (warnings: readonly Warning[], spelling: Spelling): readonly Warning[] =>
  spelling.size === 0 ? warnings : warnings.map((warning) => ({ ...warning, param: respell(warning.param, spelling) }))
