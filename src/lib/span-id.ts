import { hash } from 'node:crypto'

/**
 * The id of a span, 16 hexadecimal characters. It follows from the request's id and the span's own name in it, so that log,
 * ledger, trace and what a provider was told agree without any of them keeping it.
 */
export const spanIdOf = (requestId: string, part = 'request'): string => {
  const id = hash('sha256', `${requestId}/${part}`, 'hex').slice(0, 16)
  // Zeros are no id: once in 2^64.
  return /^0+$/.test(id) ? '0000000000000001' : id
}
