import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { loadAddon } from '../../../src/perception/hnsw.ts'
import { createIndexes } from '../../../src/perception/indexes.ts'
import type { Indexes } from '../../../src/perception/indexes.ts'
import { loadSnapshot, saveSnapshot } from '../../../src/perception/snapshot.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { startNearIndex, startQuestions } from '../support/near-index.ts'
import { placeIn } from '../support/snapshot-place.ts'
import { clusteredVectors } from '../support/vectors.ts'

const { addon } = await loadAddon()
const rules = { addon, dimensions: 16, flatBound: 100, embedder: 'hashed/16' }
const vectors = clusteredVectors(400, 16, 1)

/** One partition with a graph and some that are yet to come into it, one that is flat, and many that are tiny. */
const fill = (): Indexes => {
  const indexes = createIndexes(rules)
  const add = (at: number, partition: string): void =>
    indexes.change([{ kind: 'add', id: `ent_${at}`, partition, vector: vectors[at] ?? new Float32Array() }])
  for (let at = 0; at < 250; at++) add(at, 'large')
  for (let piece = 0; piece < 200; piece++) indexes.tend(-Infinity)
  for (let at = 10; at < 20; at++) indexes.change([{ kind: 'remove', id: `ent_${at}` }])
  for (let at = 250; at < 300; at++) add(at, 'flat')
  for (let at = 300; at < 400; at++) add(at, `tiny ${at}`)
  return indexes
}

const everything = (indexes: Indexes) =>
  vectors.map((vector) =>
    ['large', 'flat', 'tiny 300', 'tiny 399'].map((partition) =>
      indexes.search({ partition, vector, count: 5, minCosine: -1 }),
    ),
  )

describe('a snapshot of the index', () => {
  test('equals the index that it was taken of, and is one that can be changed', async () => {
    using folder = temporaryFolder()
    const live = fill()
    expect(await saveSnapshot(live, placeIn(folder.path), rules)).toBe(390)
    const kept = await loadSnapshot(placeIn(folder.path), rules)
    if (!kept) throw new Error('no snapshot')
    expect(everything(kept)).toEqual(everything(live))
    expect(kept.facts()).toMatchObject({ entries: 390, partitions: 102, graphs: addon ? 1 : 0 })
    while (kept.tend(Infinity));
    kept.change([{ kind: 'add', id: 'new', partition: 'large', vector: vectors[15] ?? new Float32Array() }])
    while (kept.tend(Infinity));
    const query = { partition: 'large', vector: vectors[15] ?? new Float32Array(), count: 1, minCosine: 0 }
    expect(kept.search(query)[0]?.id).toBe('new')
  })

  test('takes the place of the one before, and leaves nothing of that', async () => {
    using folder = temporaryFolder()
    const live = fill()
    await saveSnapshot(live, placeIn(folder.path), rules)
    const before = readdirSync(folder.path)
    live.change([{ kind: 'remove', id: 'ent_399' }])
    await saveSnapshot(live, placeIn(folder.path), rules)
    expect((await loadSnapshot(placeIn(folder.path), rules))?.facts().entries).toBe(389)
    expect(readdirSync(folder.path)).toHaveLength(before.length)
  })

  test('says nothing in the clear, and only its owner may read it', async () => {
    using folder = temporaryFolder()
    const live = fill()
    await saveSnapshot(live, placeIn(folder.path), rules)
    const ids = vectors.map((_vector, at) => `ent_${at}`)
    const numbers = vectors.map(({ buffer, byteOffset }) => Buffer.from(buffer, byteOffset, 16))
    for (const file of readdirSync(folder.path)) {
      const bytes = readFileSync(path.join(folder.path, file))
      expect([...ids, ...numbers, 'large', 'hashed'].filter((told) => bytes.includes(told))).toEqual([])
    }
    await saveSnapshot(fill(), placeIn(path.join(folder.path, 'new')), rules)
    for (const file of readdirSync(path.join(folder.path, 'new')))
      expect(file).toMatch(/^(manifest|(layout|vectors|graph)-[0-9a-f]{8}[\d-]*)$/)
    const { mode } = statSync(path.join(folder.path, 'new/manifest'))
    expect(mode & 0o077).toBe(0)
  })

  test('is none where there is none', async () => {
    using folder = temporaryFolder()
    expect(await loadSnapshot(placeIn(path.join(folder.path, 'nothing')), rules)).toBeNull()
  })

  test.each(['manifest', 'layout', 'vectors', 'graph'])(
    'is refused with a %s that is damaged, cut off, of another or not there',
    async (which) => {
      using folder = temporaryFolder()
      await saveSnapshot(fill(), placeIn(folder.path), rules)
      const file = readdirSync(folder.path).find((name) => name.startsWith(which))
      // Without the addon there is no graph.
      if (!file) return expect([which, addon]).toEqual(['graph', null])
      const place = path.join(folder.path, file)
      const whole = readFileSync(place)
      const flipped = Buffer.from(whole)
      flipped[whole.length >> 1] = (flipped[whole.length >> 1] ?? 0) ^ 0x55
      for (const content of [
        flipped,
        whole.subarray(0, -1),
        whole.subarray(0, 40),
        Buffer.alloc(0),
        Buffer.from('{}'),
      ]) {
        writeFileSync(place, content)
        await expect(loadSnapshot(placeIn(folder.path), rules)).rejects.toThrow()
      }
      writeFileSync(place, whole)
      expect((await loadSnapshot(placeIn(folder.path), rules))?.facts().entries).toBe(390)
    },
  )

  test.each([
    ['of another embedder', { ...rules, embedder: 'another/16' }],
    ['of other dimensions', { ...rules, dimensions: 8 }],
  ])('is refused when it is %s', async (_what, other) => {
    using folder = temporaryFolder()
    await saveSnapshot(fill(), placeIn(folder.path), rules)
    await expect(loadSnapshot(placeIn(folder.path), other)).rejects.toThrow('another embedder')
  })

  test('that could not be written leaves the one before', async () => {
    using folder = temporaryFolder()
    const live = fill()
    await saveSnapshot(live, placeIn(folder.path), rules)
    const before = readdirSync(folder.path)
    const broken = { ...live, partitions: () => new Map([['x', { size: () => 1, parts: () => undefined } as never]]) }
    await expect(saveSnapshot(broken, placeIn(folder.path), rules)).rejects.toThrow()
    expect(readdirSync(folder.path)).toEqual(before)
  })
})

describe('a near index with a snapshot', () => {
  const texts = Array.from({ length: 200 }, (_, at) => `question number ${at} of many`)
  const idsOf = async (it: ReturnType<typeof startNearIndex>) =>
    new Set((await it.find('question', 1_000)).map(({ id }) => id))

  test('has at its next start what the store has then, not what it had', async () => {
    using folder = temporaryFolder()
    const snapshotFolder = path.join(folder.path, 'near-index')
    const questions = startQuestions(texts)
    {
      await using it = startNearIndex(questions, { snapshot: placeIn(snapshotFolder) })
      await it.settle()
    }
    expect(existsSync(path.join(snapshotFolder, 'manifest'))).toBe(true)
    questions.remove('question number 7 of many')
    questions.add('new', 'it came while nothing ran')
    await using it = startNearIndex(questions, { snapshot: placeIn(snapshotFolder) })
    await it.settle()
    expect(await idsOf(it)).toEqual(new Set(questions.held.keys()))
  })

  test('reads of the store only what it lacks, and forgets what the store has not', async () => {
    using folder = temporaryFolder()
    const many = Array.from({ length: 1_300 }, (_, at) => `question number ${at} of many`)
    const questions = startQuestions(many)
    const read: string[] = []
    {
      await using it = startNearIndex(questions, { snapshot: placeIn(folder.path) })
      await it.settle()
    }
    questions.onRead = (id) => void read.push(id)
    for (const gone of [3, 1_200]) questions.remove(`question number ${gone} of many`)
    questions.add('new', 'it came while nothing ran')
    {
      await using it = startNearIndex(questions, { snapshot: placeIn(folder.path) })
      await it.settle()
      expect(read).toEqual(['new'])
      expect(new Set((await it.find('question', 2_000)).map(({ id }) => id))).toEqual(new Set(questions.held.keys()))
      expect(it.log).toContain('the snapshot of the near index is read')
    }
    await using it = startNearIndex(questions, { snapshot: placeIn(folder.path) })
    await it.settle()
    expect(read).toEqual(['new'])
  })

  test('is written anew where something was forgotten, and left as it is where nothing changed', async () => {
    using folder = temporaryFolder()
    const questions = startQuestions(texts)
    const saves = async (): Promise<boolean> => {
      await using it = startNearIndex(questions, { snapshot: placeIn(folder.path) })
      await it.settle()
      return await it.index.save()
    }
    expect(await saves()).toBe(true)
    expect(await saves()).toBe(false)
    questions.remove('question number 7 of many')
    expect(await saves()).toBe(true)
    expect(await saves()).toBe(false)
  })

  test('whatever is removed while the two are compared is not found in the end', async () => {
    using folder = temporaryFolder()
    const questions = startQuestions(texts)
    {
      await using it = startNearIndex(questions, { snapshot: placeIn(folder.path) })
      await it.settle()
    }
    const removing = {
      ...questions,
      questionIds: async () => {
        const ids = await questions.questionIds()
        questions.remove('question number 9 of many')
        questions.remove('late')
        return ids
      },
    }
    questions.add('late', 'it came while nothing ran')
    questions.add('later', 'so did this')
    questions.onRead = (id) => void (id === 'later' && questions.remove('question number 8 of many'))
    await using it = startNearIndex(removing, { snapshot: placeIn(folder.path) })
    await it.settle()
    expect(questions.held.size).toBe(199)
    expect(await idsOf(it)).toEqual(new Set(questions.held.keys()))
  })

  test('answers from it before the store is read', async () => {
    using folder = temporaryFolder()
    const questions = startQuestions(texts)
    {
      await using it = startNearIndex(questions, { snapshot: placeIn(folder.path) })
      await it.settle()
    }
    const gate = Promise.withResolvers<void>()
    const slow = {
      ...questions,
      questionIds: async () => {
        await gate.promise
        return questions.questionIds()
      },
    }
    await using it = startNearIndex(slow, { snapshot: placeIn(folder.path) })
    await expect.poll(() => it.find('question number 8 of many')).toMatchObject([{ id: 'question number 8 of many' }])
    expect(it.index.state().phase).toBe('indexing')
    gate.resolve()
    await it.settle()
  })

  test.each(['cut off', 'of another embedder'])(
    'throws one away that is %s, and builds the index from the store',
    async (how) => {
      using folder = temporaryFolder()
      const questions = startQuestions(texts)
      {
        await using it = startNearIndex(questions, { snapshot: placeIn(folder.path) })
        await it.settle()
      }
      if (how === 'cut off')
        for (const file of readdirSync(folder.path))
          if (file.startsWith('vectors')) truncateSync(path.join(folder.path, file), 1_000)
      const fingerprint = how === 'cut off' ? {} : { fingerprint: 'another' }
      await using it = startNearIndex(questions, { snapshot: placeIn(folder.path), ...fingerprint })
      await it.settle()
      expect(it.log.join('\n')).toContain('the snapshot of the near index was thrown away')
      expect(await idsOf(it)).toEqual(new Set(texts))
    },
  )

  test('deletes it where the store has no question left', async () => {
    using folder = temporaryFolder()
    const snapshotFolder = path.join(folder.path, 'near-index')
    {
      await using it = startNearIndex(startQuestions(texts), { snapshot: placeIn(snapshotFolder) })
      await it.settle()
    }
    await using it = startNearIndex(startQuestions(), { snapshot: placeIn(snapshotFolder) })
    await expect.poll(() => existsSync(snapshotFolder)).toBe(false)
    expect(it.workers()).toBe(0)
  })

  test('writes none where entries end with the process', async () => {
    await using it = startNearIndex(startQuestions(texts))
    await it.settle()
    expect(await it.index.save()).toBe(false)
  })
})

describe('a process that is killed at any moment of a snapshot', () => {
  const child = path.join(import.meta.dirname, 'snapshot-child.ts')

  test('leaves one that is whole, or the one before', async () => {
    using folder = temporaryFolder()
    const { stdout } = await promisify(execFile)(process.execPath, [child, folder.path, 'once'])
    expect(stdout.trim()).toBe('saved 1')
    for (let round = 0; round < 3; round++) {
      const writer = spawn(process.execPath, [child, folder.path, 'for ever'], { stdio: ['ignore', 'pipe', 'inherit'] })
      const exit = once(writer, 'exit')
      await Promise.race([once(writer.stdout, 'data'), exit])
      await new Promise((resolve) => setTimeout(resolve, 25 * round))
      writer.kill('SIGKILL')
      expect((await exit)[1]).toBe('SIGKILL')
      const kept = await loadSnapshot(placeIn(folder.path), rules)
      expect(kept?.facts().entries).toBe(390)
    }
  }, 600_000)
})
