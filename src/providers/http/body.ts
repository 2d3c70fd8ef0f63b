import { pipeline } from 'node:stream'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { GatewayError } from '../../contract/errors.ts'
import type { ProviderRow } from '../../contract/provider.ts'
import { networkError } from './network-error.ts'
import type { Redact } from './redact.ts'
import type { Watch } from './watch.ts'

type Source = Dispatcher.ResponseData['body']

/**
 * After its last event a stream has a few bytes left at most. They are waited for this long, unseen, so that the
 * connection can be used again; who leaves in the middle of an answer closes it.
 */
const rest = { graceMs: 100, limit: 16 * 1024 }

/**
 * The bytes of a reply's body, decoded. Leaving the iteration closes the connection.
 * @throws GatewayError provider_timeout, provider_stalled, provider_cut when it ends too early, provider_bad_reply when
 *   it is too long or wrongly encoded; the signal's reason
 */
export async function* readBody(reply: {
  source: Source
  encoding: string | undefined
  row: ProviderRow
  watch: Watch
  redact: Redact
  maxReplyBytes: number
}): AsyncGenerator<Uint8Array, void> {
  const { source, row, watch, redact, maxReplyBytes } = reply
  let hasEnded = false
  let bytes = 0
  try {
    const reader: AsyncIterator<unknown, unknown> = decode(source, reply.encoding, row).iterator({
      destroyOnReturn: false,
    })
    for (;;) {
      const { value } = await watch.read(reader.next())
      // Nothing but bytes comes from these streams, until nothing comes.
      if (!(value instanceof Uint8Array)) break
      watch.begun()
      bytes += value.length
      if (bytes > maxReplyBytes) throw tooLong(row, maxReplyBytes)
      yield value
    }
    hasEnded = true
  } catch (thrown) {
    watch.signal.throwIfAborted()
    throw thrown instanceof GatewayError ? thrown : networkError(thrown, row, redact, 'during')
  } finally {
    watch.end()
    if (!hasEnded) leave(source, bytes, watch.signal)
  }
}

const leave = (source: Source, bytes: number, signal: AbortSignal): void => {
  // Only a stream that was read by us, and not through a decoder, can be read to its end.
  if (signal.aborted || source.destroyed || source.readableFlowing !== false) {
    source.on('error', () => undefined).destroy()
    return
  }
  // Its limit counts what was read before, too.
  source.dump({ limit: bytes + rest.limit, signal: AbortSignal.timeout(rest.graceMs) }).catch(() => undefined)
}

const decode = (source: Source, encoding: string | undefined, row: ProviderRow): Readable => {
  const decoder = decoderOf(encoding, row)
  // The callback's error is the one that the reader of the last stream gets.
  return decoder ? pipeline(source, decoder, () => undefined) : source
}

const decoderOf = (encoding: string | undefined, row: ProviderRow) => {
  switch (encoding?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return null
    case 'gzip':
    case 'x-gzip':
      return createGunzip()
    case 'deflate':
      return createInflate()
    case 'br':
      return createBrotliDecompress()
    case 'zstd':
      return createZstdDecompress()
    default:
      throw new GatewayError('provider_bad_reply', `${row.title} answered in an unknown content encoding.`, {
        provider: row.id,
      })
  }
}

const tooLong = (row: ProviderRow, maxReplyBytes: number): GatewayError =>
  new GatewayError('provider_bad_reply', `${row.title} answered with more than ${maxReplyBytes} bytes.`, {
    provider: row.id,
  })
