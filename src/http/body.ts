import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../contract/errors.ts'
import { headerOf } from './exchange.ts'
import { guardBodySize, tooLarge } from './guards.ts'

interface BodyLimits {
  maxBytes: number
  /** From the first look to the last byte. */
  timeoutMs: number
}

/** Fatal: a body that is not UTF-8 is refused, not mended. A byte order mark is skipped. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a JSON body once, whole.
 * @throws GatewayError body_too_large (without reading on), invalid_json, request_timeout, caller_left
 */
export const readJson = async (req: IncomingMessage, limits: BodyLimits, signal: AbortSignal): Promise<unknown> =>
  (await readJsonText(req, limits, signal)).value

/**
 * The same with the text as it was written.
 * @throws GatewayError as `readJson`
 */
export const readJsonText = async (
  req: IncomingMessage,
  limits: BodyLimits,
  signal: AbortSignal,
): Promise<{ text: string; value: unknown }> => {
  const bytes = await readBytes(req, limits, signal)
  if (bytes.length === 0) throw new GatewayError('invalid_json', 'The body is empty.')
  let text
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new GatewayError('invalid_json', 'The body is not valid UTF-8.')
  }
  try {
    const value: unknown = JSON.parse(text)
    return { text, value }
  } catch {
    throw new GatewayError('invalid_json', 'The body is not valid JSON.')
  }
}

/** By events, not `for await`: leaving such a loop destroys the socket, and the caller would never read the refusal. */
const readBytes = async (req: IncomingMessage, limits: BodyLimits, signal: AbortSignal): Promise<Buffer> => {
  guardBodySize(req, limits.maxBytes)
  const pieces: Buffer[] = []
  let length = 0
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const take = (piece: Buffer): void => {
    length += piece.length
    if (length > limits.maxBytes) reject(tooLarge(limits.maxBytes))
    else pieces.push(piece)
  }
  const leave = (): void => reject(signal.reason)
  const giveUp = (): void => reject(new GatewayError('request_timeout', 'The body did not arrive in time.'))
  const timer = setTimeout(giveUp, limits.timeoutMs)
  signal.addEventListener('abort', leave)
  req.on('data', take).once('end', resolve).once('error', reject)
  try {
    await promise
    return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces, length)
  } finally {
    req.pause().off('data', take).off('end', resolve).off('error', reject)
    signal.removeEventListener('abort', leave)
    clearTimeout(timer)
  }
}

/** Whether the caller waits for our word before it sends the body (curl does for large ones). */
export const invitesBody = (req: IncomingMessage): boolean => /^100-continue$/i.test(headerOf(req, 'expect') ?? '')
