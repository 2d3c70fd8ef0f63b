import { UsageError } from '../usage-error.ts'

/** What the doctor sends to be let in, and what it must not show. */
export interface Credentials {
  /** With every request. */
  headers: Readonly<Record<string, string>>
  /** The same without what proves who asks; null where nothing does. */
  keyless: Readonly<Record<string, string>> | null
  secrets: readonly string[]
}

/** Whoever sends one of these says who he is. A key for what stands before the gateway goes elsewhere. */
const provesIdentity = /^authorization$|api-?key|token|secret|password|^cookie$/

/** Everything else may hold a key, in whatever words a gateway has chosen. */
const harmless = new Set(['accept', 'accept-language', 'user-agent', 'traceparent', 'x-request-id'])

/**
 * @param lines `name: value`
 * @throws UsageError
 */
export const readCredentials = (key: string | null, lines: readonly string[]): Credentials => {
  const given = Object.fromEntries(lines.map(readHeader))
  if (key !== null && !/^[\x21-\x7e]+$/.test(key))
    throw new UsageError('The key must be one word of plain ASCII; the file or variable holds something else.')
  const keyHeader: Record<string, string> =
    key === null ? {} : 'authorization' in given ? { 'x-api-key': key } : { authorization: `Bearer ${key}` }
  const headers = { ...given, ...keyHeader }
  const names = Object.keys(headers)
  const keyless = names.filter((name) => !provesIdentity.test(name))
  return {
    headers,
    keyless:
      keyless.length === names.length ? null : Object.fromEntries(keyless.map((name) => [name, headers[name] ?? ''])),
    secrets: [...(key === null ? [] : [key]), ...Object.entries(given).flatMap(secretsOf)],
  }
}

const readHeader = (line: string): [string, string] => {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\x20-\x7e]*?)[ \t]*$/.exec(line) ?? []
  if (name === undefined || value === undefined)
    throw new UsageError('A header is written "name: value", in plain ASCII and on one line.')
  if (['host', 'content-length', 'transfer-encoding', 'connection'].includes(name.toLowerCase()))
    throw new UsageError(`The header "${name.toLowerCase()}" is the doctor's own to set.`)
  return [name.toLowerCase(), value]
}

/** A value as a whole, and what follows a scheme such as Bearer. */
const secretsOf = ([name, value]: [string, string]): string[] =>
  harmless.has(name) ? [] : [value, ...value.split(/[\s,;=]+/).slice(1)]
