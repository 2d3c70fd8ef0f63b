import { inflateRawSync } from 'node:zlib'

// A zip archive ends with a directory; https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT §4.3.
const endSignature = Buffer.from('PK\x05\x06')
const entrySignature = Buffer.from('PK\x01\x02')
const deflated = 8

/**
 * One file of a zip archive below 4 GB.
 *
 * @param {Buffer} archive
 * @param {string} name
 * @returns {Buffer}
 * @throws Error where the archive is none or has no such file
 */
export function unzipOne(archive, name) {
  const end = archive.lastIndexOf(endSignature)
  if (end < 0) throw new Error('the archive has no directory')
  let at = archive.readUInt32LE(end + 16)
  while (archive.subarray(at, at + 4).equals(entrySignature)) {
    const nameBytes = archive.readUInt16LE(at + 28)
    if (archive.toString('utf8', at + 46, at + 46 + nameBytes) === name) return contentOf(archive, at)
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  throw new Error(`the archive has no file ${name}`)
}

/**
 * @param {Buffer} archive
 * @param {number} entry where the directory speaks of the file
 */
function contentOf(archive, entry) {
  const header = archive.readUInt32LE(entry + 42)
  // The file's own header repeats its name, and has an extra field of its own length.
  const start = header + 30 + archive.readUInt16LE(header + 26) + archive.readUInt16LE(header + 28)
  const packed = archive.subarray(start, start + archive.readUInt32LE(entry + 20))
  return archive.readUInt16LE(entry + 10) === deflated ? inflateRawSync(packed) : packed
}
