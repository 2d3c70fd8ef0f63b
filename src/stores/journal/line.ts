import { crc32 } from 'node:zlib'
import type { Receipt } from '../../contract/receipt.ts'
import { readDocument, writeDocument } from '../receipt-row.ts'

/** A receipt as a line of the journal: its checksum (CRC-32, eight hex digits), a space, and its document. */
export const lineOf = (receipt: Receipt): string => {
  const document = writeDocument(receipt)
  return `${checksumOf(document)} ${document}`
}

/** The receipt of a line; null for one that is not as it was written. */
export const readLine = (line: string): Receipt | null => {
  const document = line.slice(9)
  if (line.charAt(8) !== ' ' || line.slice(0, 8) !== checksumOf(document)) return null
  return readDocument(document)
}

const checksumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0')
