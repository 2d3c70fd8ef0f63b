import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { invalid, read, strictly } from '../../contract/border.ts'

/** A whole number as it stands in an address. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max)
    .transform(Number)

/** An object of query parameters: others than these are refused, and the one that was meant is named. */
export const parameters = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, { error: strictly(Object.keys(shape)) })

/**
 * The query of a request's address, each parameter once; one without a value counts as unset.
 * @throws GatewayError invalid_request
 */
export const readQuery = <T>(req: IncomingMessage, schema: z.ZodType<T>): T => {
  const [, query = ''] = /\?([^#]*)/.exec(req.url ?? '') ?? []
  const given = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (given.has(name)) throw invalid(name.slice(0, 64), 'stands in the address twice: send it once.')
    given.set(name, value)
  }
  return read(schema, Object.fromEntries([...given].filter(([, value]) => value !== '')), '')
}
