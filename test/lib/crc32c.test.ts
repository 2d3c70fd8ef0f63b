import { expect, test } from 'vitest'
import { crc32c } from '../../src/lib/crc32c.ts'

// The check value of the catalogue of CRC algorithms, and RFC 3720, appendix B.4.
test.each([
  ['nine digits', Buffer.from('123456789'), 0xe3069283],
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['nothing', Buffer.alloc(0), 0],
])('%s', (_name, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected)
})
