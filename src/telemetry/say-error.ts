/** An error as a log line has it. */
export interface SaidError {
  type: string
  message: string
  stack: string
  code?: string | number
}

/** Of an error that was caused by another that was caused by another … */
const maxDepth = 5
const maxChars = 1_000

/**
 * Writes an error down without what may be a caller's words: of its own fields only `code` (a database's `detail` quotes
 * the row, an HTTP client's `request` the body), and of a JSON parser's message only that it complains, since it quotes
 * what it reads.
 */
export const sayError = (thrown: unknown): SaidError => {
  const chain = causes(thrown)
  const code = chain.map(codeOf).find((known) => known !== undefined)
  return {
    type: chain[0]?.name ?? typeof thrown,
    message: chain.map(messageOf).join(': ') || 'What was thrown is no error.',
    stack: chain
      .map((error) => [`${error.name}: ${messageOf(error)}`, ...framesOf(error)].join('\n'))
      .join('\ncaused by '),
    ...(code === undefined ? {} : { code }),
  }
}

const causes = (thrown: unknown): Error[] => {
  const chain: Error[] = []
  for (let next = thrown; next instanceof Error && chain.length < maxDepth; next = next.cause) chain.push(next)
  return chain
}

const messageOf = ({ name, message }: Error): string =>
  name === 'SyntaxError' ? 'it cannot be parsed' : message.slice(0, maxChars)

/** A stack begins with the message, however many lines that has. */
const framesOf = ({ stack = '' }: Error): string[] => stack.split('\n').filter((line) => /^\s+at /.test(line))

const codeOf = (error: Error): string | number | undefined => {
  const code: unknown = 'code' in error ? error.code : undefined
  return typeof code === 'string' || typeof code === 'number' ? code : undefined
}
