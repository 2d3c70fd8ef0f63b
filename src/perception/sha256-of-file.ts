import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

/** Through one buffer: a model as one block, or as many, would stay in memory until much later. @throws the system's error */
export const sha256OfFile = async (file: string): Promise<string> => {
  await using handle = await open(file)
  const hash = createHash('sha256')
  const block = Buffer.allocUnsafeSlow(blockBytes)
  for (;;) {
    const { bytesRead } = await handle.read(block)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(block.subarray(0, bytesRead))
  }
}

const blockBytes = 1 << 18
