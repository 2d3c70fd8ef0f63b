import { GatewayError } from '../contract/errors.ts'
import type { Warning } from '../contract/chat.ts'

/** The gateway's path of a field (`tools[0].function.name`) in the words of who sent the request. */
export type Rename = (param: string) => string

/** An error that names the field which the caller sent. */
export const errorInOwnWords = (thrown: unknown, rename: Rename): GatewayError => {
  const error = GatewayError.from(thrown)
  const { param } = error.detail
  if (param === undefined) return error
  const own = rename(param)
  if (own === param) return error
  return new GatewayError(error.code, error.message, { ...error.detail, param: own, cause: error.cause })
}

export const warningsInOwnWords = (warnings: readonly Warning[], rename: Rename): readonly Warning[] =>
  warnings.map((warning) => ({ ...warning, param: rename(warning.param) }))
