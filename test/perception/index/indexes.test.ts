import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Neighbour } from '../../../src/contract/near.ts'
import { createFlat } from '../../../src/perception/flat.ts'
import { createGraph, loadAddon } from '../../../src/perception/hnsw.ts'
import { createIndexes } from '../../../src/perception/indexes.ts'
import type { Indexes } from '../../../src/perception/indexes.ts'
import { dot } from '../../../src/perception/vector.ts'
import { clusteredVectors, cosineOf } from '../support/vectors.ts'

const { addon } = await loadAddon()
const dimensions = 16
const partition = 'one'

const cast = (value: unknown): Float32Array => Object(value)
const add = (indexes: Indexes, id: string, vector: Float32Array, to = partition): void =>
  indexes.change([{ kind: 'add', id, partition: to, vector }])
const find = (indexes: Indexes, vector: Float32Array, count = 1, minCosine = -1): readonly Neighbour[] =>
  indexes.search({ partition, vector, count, minCosine })
const tidy = (indexes: Indexes): void => {
  while (indexes.tend(Infinity));
}

const bruteForce = (all: ReadonlyMap<string, Float32Array>, vector: Float32Array): Neighbour[] =>
  [...all]
    .map(([id, other]) => ({ id, cosine: cosineOf(vector, other) }))
    .sort((one, other) => other.cosine - one.cosine)

const hostile: [string, Float32Array][] = [
  ['a number that is none', Float32Array.from({ length: dimensions }, () => NaN)],
  ['an infinite one', Float32Array.from({ length: dimensions }, () => Infinity)],
  ['too few numbers', new Float32Array(dimensions - 1).fill(1 / Math.sqrt(dimensions - 1))],
  ['too many', new Float32Array(dimensions + 1).fill(1 / Math.sqrt(dimensions + 1))],
  ['nothing but zeros', new Float32Array(dimensions)],
  ['a length of 2', new Float32Array(dimensions).fill(2 / Math.sqrt(dimensions))],
  ['a plain array', cast(Array.from({ length: dimensions }, () => 1 / Math.sqrt(dimensions)))],
  ['an array with holes', cast(Array.from({ length: dimensions }))],
  ['words', cast('vector')],
]

describe.each([
  ['flat', null],
  ['a graph (skipped where hnswlib-node could not be built)', addon],
] as const)('an index that is %s', (_name, its) => {
  const rules = { addon: its, dimensions, flatBound: 20 }
  const isGraph = its !== null

  test.skipIf(_name !== 'flat' && !addon)('never sees a vector with what cannot be compared', () => {
    const indexes = createIndexes(rules)
    for (const [at, vector] of clusteredVectors(50, dimensions, 1).entries()) add(indexes, `${at}`, vector)
    tidy(indexes)
    for (const [what, vector] of hostile) {
      add(indexes, what, vector)
      expect(() => find(indexes, vector), what).toThrow('not a vector')
    }
    tidy(indexes)
    expect(indexes.facts()).toMatchObject({ entries: 50, refused: hostile.length, graphs: isGraph ? 1 : 0 })
  })

  test.skipIf(_name !== 'flat' && !addon)('finds what brute force finds, whatever is added, removed and tidied', () => {
    const vectors = clusteredVectors(100, dimensions, 2)
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), at: fc.nat(99) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(99) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('tend' as const), at: fc.nat(60) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('search' as const), at: fc.nat(99) }) },
    )
    const run = fc.array(step, { minLength: 100, maxLength: 300, size: 'max' })
    const check = (steps: readonly { kind: 'add' | 'remove' | 'tend' | 'search'; at: number }[]): void => {
      const indexes = createIndexes(rules)
      const model = new Map<string, Float32Array>()
      for (const { kind, at } of steps) {
        const vector = vectors[at] ?? new Float32Array()
        if (kind === 'add') {
          add(indexes, `${at}`, vector)
          model.set(`${at}`, vector)
        } else if (kind === 'remove') {
          indexes.change([{ kind: 'remove', id: `${at}` }])
          model.delete(`${at}`)
        } else if (kind === 'tend') {
          for (let piece = 0; piece < at; piece++) indexes.tend(-Infinity)
        } else {
          const [best] = find(indexes, vector)
          const [right] = bruteForce(model, vector)
          expect(best?.id).toBe(right?.id)
          expect(best?.cosine ?? 0).toBeCloseTo(right?.cosine ?? 0, 5)
        }
      }
      tidy(indexes)
      expect(indexes.facts().entries).toBe(model.size)
      const all = find(indexes, vectors[0] ?? new Float32Array(), 1_000)
      expect(new Set(all.map(({ id }) => id))).toEqual(new Set(model.keys()))
      for (const { id, cosine } of all)
        expect(cosine).toBeCloseTo(
          cosineOf(vectors[0] ?? new Float32Array(), vectors[Number(id)] ?? new Float32Array()),
          5,
        )
    }
    fc.assert(fc.property(run, check), { numRuns: 40 })
  })

  test.skipIf(_name !== 'flat' && !addon)(
    'gives the nearest first, no more than wanted, and none below the least cosine',
    () => {
      const vectors = clusteredVectors(200, dimensions, 3)
      const indexes = createIndexes(rules)
      for (const [at, vector] of vectors.entries()) add(indexes, `${at}`, vector)
      tidy(indexes)
      const [query = new Float32Array()] = vectors
      const found = find(indexes, query, 8, 0.5)
      expect(found.length).toBeLessThanOrEqual(8)
      expect(found[0]).toMatchObject({ id: '0', cosine: expect.closeTo(1, 5) })
      expect(found.map(({ cosine }) => cosine)).toEqual(found.map(({ cosine }) => cosine).toSorted((a, b) => b - a))
      expect(Math.min(...found.map(({ cosine }) => cosine))).toBeGreaterThanOrEqual(0.5)
      expect(find(indexes, query, 0)).toEqual([])
    },
  )
})

describe('the indexes', () => {
  const rules = { addon, dimensions, flatBound: 20 }
  const [one = new Float32Array(), other = new Float32Array()] = clusteredVectors(2, dimensions, 4)

  test('find nothing of another partition', () => {
    const indexes = createIndexes(rules)
    add(indexes, 'mine', one, 'mine')
    add(indexes, 'theirs', one, 'theirs')
    expect(indexes.search({ partition: 'mine', vector: one, count: 8, minCosine: -1 }).map(({ id }) => id)).toEqual([
      'mine',
    ])
    expect(indexes.search({ partition: 'nobody', vector: one, count: 8, minCosine: -1 })).toEqual([])
  })

  test('move an entry that comes again with another partition', () => {
    const indexes = createIndexes(rules)
    add(indexes, 'it', one, 'here')
    add(indexes, 'it', other, 'there')
    expect(indexes.facts()).toMatchObject({ entries: 1, partitions: 1 })
    expect(indexes.search({ partition: 'there', vector: other, count: 1, minCosine: 0.99 })).toHaveLength(1)
  })

  test('forget a partition that is empty', () => {
    const indexes = createIndexes(rules)
    add(indexes, 'it', one)
    indexes.change([
      { kind: 'remove', id: 'it' },
      { kind: 'remove', id: 'it' },
      { kind: 'remove', id: 'never there' },
    ])
    expect(indexes.facts()).toMatchObject({ entries: 0, partitions: 0, bytes: 0 })
  })

  test('do not change while they are held, and catch up after', () => {
    const indexes = createIndexes(rules)
    add(indexes, 'before', one)
    const release = indexes.hold()
    indexes.change([{ kind: 'remove', id: 'before' }])
    add(indexes, 'meanwhile', one)
    expect(find(indexes, one).map(({ id }) => id)).toEqual(['before'])
    release()
    expect(find(indexes, one).map(({ id }) => id)).toEqual(['meanwhile'])
  })

  test('forget what is in doubt and does not come again', () => {
    const indexes = createIndexes(rules)
    for (const [at, vector] of clusteredVectors(10, dimensions, 5).entries()) add(indexes, `${at}`, vector)
    indexes.doubt()
    add(indexes, '3', clusteredVectors(10, dimensions, 5)[3] ?? one)
    add(indexes, 'new', other)
    expect(indexes.sweep()).toBe(9)
    expect(
      find(indexes, one, 100)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['3', 'new'])
    expect(indexes.sweep()).toBe(0)
    expect(indexes.facts().entries).toBe(2)
  })

  test('keep what is confirmed, by its id alone, and say what they lack', () => {
    const indexes = createIndexes(rules)
    for (const [at, vector] of clusteredVectors(10, dimensions, 5).entries()) add(indexes, `${at}`, vector)
    indexes.doubt()
    expect(indexes.confirm(['3', 'unknown', '4'])).toEqual(['unknown'])
    expect(indexes.confirm(['5'])).toEqual([])
    indexes.change([{ kind: 'remove', id: '4' }])
    expect(indexes.sweep()).toBe(7)
    const left = find(indexes, one, 100).map(({ id }) => id)
    expect(left.toSorted()).toEqual(['3', '5'])
  })

  test('of many partitions of an entry each are small', () => {
    const indexes = createIndexes({ ...rules, dimensions: 384 })
    for (const [at, vector] of clusteredVectors(300, 384, 6).entries()) add(indexes, `${at}`, vector, `p${at}`)
    expect(indexes.facts().bytes / 300).toBeLessThan(5_000)
  })
})

describe.skipIf(!addon)('a large partition (skipped where hnswlib-node could not be built)', () => {
  const nearest = (model: ReadonlyMap<string, Float32Array>, vector: Float32Array): string => {
    let best = { id: '', cosine: -Infinity }
    for (const [id, other] of model) {
      const cosine = dot(other, 0, vector)
      if (cosine > best.cosine) best = { id, cosine }
    }
    return best.id
  }

  const start = ({ count, flatBound }: { count: number; flatBound: number }) => {
    const [asked, size] = [100, 24]
    const vectors = clusteredVectors(count + asked, size, 7)
    const indexes = createIndexes({ addon, dimensions: size, flatBound })
    const model = new Map(vectors.slice(0, count).map((vector, at) => [`${at}`, vector]))
    for (const [id, vector] of model) add(indexes, id, vector)
    const questions = vectors.slice(count)
    return {
      indexes,
      recall: () =>
        questions.filter((vector) => find(indexes, vector)[0]?.id === nearest(model, vector)).length / asked,
      removeUntil: (left: number) => {
        for (const id of [...model.keys()].slice(0, model.size - left)) {
          model.delete(id)
          indexes.change([{ kind: 'remove', id }])
        }
      },
      parts: () => indexes.partitions().get(partition)?.parts(),
    }
  }

  test('of 5,000 is as exact as brute force in 99 of 100, on its way into the graph and there', () => {
    const it = start({ count: 5_000, flatBound: 2_000 })
    it.indexes.tend(performance.now() + 50)
    expect(it.recall()).toBeGreaterThanOrEqual(0.99)
    tidy(it.indexes)
    expect(it.indexes.facts()).toMatchObject({ graphs: 1, untidy: 0, entries: 5_000 })
    expect(it.recall()).toBeGreaterThanOrEqual(0.99)
  }, 240_000)

  test('stays exact with some of it dead, is built anew when a quarter is, and is flat again when it has shrunk', () => {
    const it = start({ count: 600, flatBound: 200 })
    tidy(it.indexes)
    it.removeUntil(480)
    tidy(it.indexes)
    expect([it.parts()?.graph?.size(), it.parts()?.graph?.dead()]).toEqual([480, 120])
    expect(it.recall()).toBeGreaterThanOrEqual(0.99)
    it.removeUntil(400)
    for (let piece = 0; piece < 100; piece++) it.indexes.tend(-Infinity)
    expect(it.recall()).toBeGreaterThanOrEqual(0.99)
    it.removeUntil(380)
    tidy(it.indexes)
    expect([it.parts()?.graph?.size(), it.parts()?.graph?.dead()]).toEqual([380, 0])
    expect(it.recall()).toBeGreaterThanOrEqual(0.99)
    it.removeUntil(100)
    for (let piece = 0; piece < 50; piece++) it.indexes.tend(-Infinity)
    expect(it.recall()).toBe(1)
    tidy(it.indexes)
    expect(it.indexes.facts()).toMatchObject({ graphs: 0, entries: 100 })
    expect(it.recall()).toBe(1)
  })

  test('never gives a label twice, also beyond its first capacity', () => {
    if (!addon) return
    const graph = createGraph(addon, 4, 8)
    const vectors = clusteredVectors(10, 4, 8)
    for (let round = 0; round < 20; round++)
      for (const [at, vector] of vectors.entries()) {
        graph.remove(`${at}`)
        graph.add(`${at}`, vector)
      }
    expect([graph.size(), graph.dead()]).toEqual([10, 190])
    expect(new Set(graph.labels().map(([, label]) => label))).toEqual(new Set(vectors.map((_, at) => 190 + at)))
    for (const [at, vector] of vectors.entries()) expect(graph.read(`${at}`)).toEqual(vector)
    expect(() => graph.add('0', vectors[0] ?? new Float32Array())).toThrow('there already')
  })
})

test('a flat index gives back the memory of what is gone', () => {
  const flat = createFlat(8)
  const vectors = clusteredVectors(1_000, 8, 9)
  for (const [at, vector] of vectors.entries()) flat.add(`${at}`, vector)
  const full = flat.bytes()
  for (let at = 0; at < 990; at++) flat.remove(`${at}`)
  expect(flat.bytes()).toBeLessThan(full / 10)
  expect(flat.ids().toSorted()).toEqual(Array.from({ length: 10 }, (_, at) => `${990 + at}`))
})
