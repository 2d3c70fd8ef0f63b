import { z } from 'zod'
import type { Json } from '../contract/json.ts'
import { Refused } from './wire.ts'

/** Any JSON value: the body came out of JSON.parse. */
export const anyJson = z.custom<Json>((value) => value !== undefined)
export const anyObject = z.record(z.string(), z.custom<Json>())

/** The value of a JSON text; undefined when it is none. */
export const parseJson = (text: string): Json | undefined => {
  try {
    return anyJson.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/**
 * Reads a body by a wire's schema, in OpenAI's vocabulary of codes.
 * @throws Refused with 400, naming the first field at fault by its path, e.g. `messages[0].content`
 */
export const readBody = <Output>(schema: z.ZodType<Output>, body: unknown): Output => {
  const result = schema.safeParse(body, { reportInput: true })
  if (result.success) return result.data
  const [issue] = result.error.issues
  const param = pathOf(issue?.path ?? [])
  const missing = issue?.code === 'invalid_type' && issue.input === undefined
  throw new Refused({
    status: 400,
    param: param === '' ? undefined : param,
    code: missing ? 'missing_required_parameter' : issue?.code === 'invalid_type' ? 'invalid_type' : 'invalid_value',
    message: missing
      ? `The field '${param}' is required.`
      : `The field '${param === '' ? 'body' : param}' is not valid: ${issue?.message ?? 'unknown problem'}.`,
  })
}

/** A body without the fields that are null, where null means unset. */
export const withoutNulls = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && !Array.isArray(body)
    ? Object.fromEntries(Object.entries(body).filter(([, field]) => field !== null))
    : body

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '')
