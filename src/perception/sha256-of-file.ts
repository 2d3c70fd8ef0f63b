import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

/** In pieces: a model as one block would stay in memory until much later. @throws the system's error */
export const sha256OfFile = async (file: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: chunkBytes }), hash)
  return hash.digest('hex')
}

const chunkBytes = 1 << 20
