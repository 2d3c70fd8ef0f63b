import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { keptVocabulary } from '../../src/ledger/kept-vocabulary.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const linesOf = (tokens: readonly string[]): string =>
  tokens.map((token, rank) => `${Buffer.from(token).toString('base64')} ${rank}\n`).join('')

const place = () => {
  const folder = temporaryFolder()
  const [published, kept] = [path.join(folder.path, 'published'), path.join(folder.path, 'made/kept')]
  writeFileSync(published, linesOf(['a', 'b', 'ab']))
  return {
    published,
    kept,
    read: () => keptVocabulary(published, kept),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

test('is kept as it was read', async () => {
  using it = place()
  const first = await it.read()
  const bytes = readFileSync(it.kept)
  expect(await it.read()).toEqual(first)
  expect(readFileSync(it.kept)).toEqual(bytes)
  // What is kept is what is believed: its last byte is the last of the last token.
  writeFileSync(it.kept, Buffer.concat([bytes.subarray(0, -1), Buffer.from('c')]))
  expect(Buffer.from((await it.read()).tokens).toString()).toBe('abac')
})

test('is read anew where another was published', async () => {
  using it = place()
  await it.read()
  writeFileSync(it.published, linesOf(['a', 'b', 'ba']))
  expect(Buffer.from((await it.read()).tokens).toString()).toBe('abba')
  expect(Buffer.from((await it.read()).tokens).toString()).toBe('abba')
})

test.each([0, 20, 40, 60])('is read anew where the first %i bytes are left of what was kept', async (bytes) => {
  using it = place()
  const first = await it.read()
  truncateSync(it.kept, bytes)
  expect(await it.read()).toEqual(first)
})

test('is read where nothing can be kept', async () => {
  using it = place()
  writeFileSync(path.dirname(it.kept), 'a file, not a folder')
  expect(Buffer.from((await it.read()).tokens).toString()).toBe('abab')
  expect(existsSync(it.kept)).toBe(false)
})
