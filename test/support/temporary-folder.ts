import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An empty folder that goes when the test does. */
export const temporaryFolder = (): { path: string } & Disposable => {
  const path = mkdtempSync(join(tmpdir(), 'gateway-test-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
