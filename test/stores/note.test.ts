import { readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openNote } from '../../src/stores/note.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('a note is read as it was written last, by whoever opens it next, and is its owner’s only', async () => {
  using folder = temporaryFolder()
  const file = path.join(folder.path, 'made', 'note.json')
  {
    await using note = openNote(file)
    expect(await note.read()).toBeNull()
    await Promise.all(Array.from({ length: 50 }, (_, at) => note.write({ at })))
    void note.write({ at: 50 })
  }
  expect(await openNote(file).read()).toEqual({ at: 50 })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(path.dirname(file))).toEqual(['note.json'])
})

test('one that is cut short is none, and can be written again', async () => {
  using folder = temporaryFolder()
  const file = path.join(folder.path, 'note.json')
  writeFileSync(file, '{"at": 4')
  await using note = openNote(file)
  expect(await note.read()).toBeNull()
  await note.write({ at: 5 })
  expect(await note.read()).toEqual({ at: 5 })
})
