import { open, rename } from 'node:fs/promises'

/**
 * Whoever reads meets the old content or the new one, whole, and after a loss of power too. Only its owner may read it.
 * @throws the system's error
 */
export const replaceFile = async (file: string, content: string | Uint8Array): Promise<void> => {
  const partial = `${file}.${process.pid}`
  {
    await using handle = await open(partial, 'w', 0o600)
    await handle.writeFile(content)
    await handle.sync()
  }
  await rename(partial, file)
}
