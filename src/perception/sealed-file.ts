import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'

// A file that says nothing without its key: a nonce, the text under AES-256-GCM, and the tag, which also vouches for the
// name that the file was written under, so that none can stand in for another.

const cipherName = 'aes-256-gcm'
const [nonceBytes, tagBytes] = [12, 16]
/** Read and written so much at a time, with searches in between. */
const chunkBytes = 1 << 20

/** Writes a new file, and returns when it is on the disk. @param key 32 bytes */
export const writeSealed = async (
  file: string,
  { key, name }: { key: Uint8Array; name: string },
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> => {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(cipherName, key, nonce).setAAD(Buffer.from(name))
  await using handle = await open(file, 'wx', 0o600)
  await handle.writeFile(nonce)
  for await (const chunk of chunks) await handle.writeFile(cipher.update(chunk))
  await handle.writeFile(Buffer.concat([cipher.final(), cipher.getAuthTag()]))
  await handle.sync()
}

/**
 * What was written, at an address that numbers of any size may have.
 * @throws Error where it was written under another key or name, or is not whole; or the system's
 */
export const readSealed = async (file: string, { key, name }: { key: Uint8Array; name: string }): Promise<Buffer> => {
  await using handle = await open(file)
  const { size } = await handle.stat()
  const textBytes = size - nonceBytes - tagBytes
  if (textBytes < 0) throw damaged(name)
  const readInto = async (into: Buffer, from: number): Promise<Buffer> => {
    const { bytesRead } = await handle.read(into, 0, into.length, from)
    if (bytesRead < into.length) throw damaged(name)
    return into
  }
  const nonce = await readInto(Buffer.alloc(nonceBytes), 0)
  const tag = await readInto(Buffer.alloc(tagBytes), size - tagBytes)
  const decipher = createDecipheriv(cipherName, key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(name))
    .setAuthTag(tag)
  const text = Buffer.from(new ArrayBuffer(textBytes))
  // One for all: making one anew for each piece takes longer than deciphering it.
  const sealed = Buffer.allocUnsafe(Math.min(chunkBytes, textBytes))
  for (let at = 0; at < textBytes; at += chunkBytes)
    decipher.update(await readInto(sealed.subarray(0, textBytes - at), nonceBytes + at)).copy(text, at)
  try {
    decipher.final()
  } catch {
    throw damaged(name)
  }
  return text
}

const damaged = (name: string): Error => new Error(`${name} is damaged, or sealed under another key`)
