import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { renderAll } from './generate/render.ts'

/** Writes every file that is made from the sources. A test fails when one of them is stale. */
const root = path.resolve(import.meta.dirname, '..')
for (const { file, text } of renderAll(root)) {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
  writeFileSync(path.join(root, file), text)
}
