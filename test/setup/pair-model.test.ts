import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PairModel } from '../../scripts/model/pair-model.mjs'
import { isInPlace, setUpModel } from '../../scripts/model/set-up.mjs'
import { hubSource } from '../../scripts/model/sources.mjs'
import type { Source } from '../../scripts/model/sources.mjs'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startHub } from './support/hub.ts'
import { sha256, tinyModel, tinyPairModel } from './support/tiny-model.ts'

const { model, published } = tinyModel()
const repository = { repository: 'makers/tiny', revision: 'r1' }
const hasty = { answerMs: 300, stallMs: 300, totalMs: 2_000 }
const signal = new AbortController().signal

/** A project's folders: the trained correction, and where each model is built to. */
const place = (root: string, { seed = 0 } = {}) => ({
  folder: path.join(root, 'embedder'),
  pairModel: tinyPairModel(root, path.join(root, 'pair'), { seed }),
})

const setUp = (where: { folder: string; pairModel: PairModel | null }, sources: readonly Source[]): Promise<void> =>
  setUpModel({ ...where, model, form: 'int8', sources, signal, onFetch: () => {} })

const builtIn = ({ target, built }: PairModel): string => sha256(readFileSync(path.join(target, built.int8.file)))

describe('set-up of the pair model', () => {
  test('builds it from the same download as the embedder, whose file it leaves as it is', async () => {
    using root = temporaryFolder()
    await using hub = await startHub(published, 'honest')
    const where = place(root.path)
    await setUp(where, [hubSource(repository, hub.url, hasty)])
    expect(hub.asked.filter((asked) => asked.endsWith('model.safetensors'))).toHaveLength(1)
    expect(builtIn(where.pairModel)).toBe(where.pairModel.built.int8.sha256)
    expect(sha256(readFileSync(path.join(where.folder, model.built.int8.file)))).toBe(model.built.int8.sha256)
    const record: unknown = JSON.parse(readFileSync(path.join(where.pairModel.target, 'set-up.json'), 'utf8'))
    expect(record).toMatchObject({
      model: 'tiny-pair',
      from: { model: 'tiny', weights: model.weights.sha256, delta: where.pairModel.delta.sha256 },
      int8: { ...where.pairModel.built.int8, source: 'model hub' },
    })
  })

  test('comes later where only the embedder is in place, and does nothing a second time', async () => {
    using root = temporaryFolder()
    await using hub = await startHub(published, 'honest')
    const source = hubSource(repository, hub.url, hasty)
    const where = place(root.path)
    await setUp({ ...where, pairModel: null }, [source])
    expect(isInPlace({ ...where, model, form: 'int8' })).toBe(false)
    await setUp(where, [source])
    expect(isInPlace({ ...where, model, form: 'int8', thorough: true })).toBe(true)
    const before = hub.asked.length
    await setUp(where, [source])
    expect(hub.asked).toHaveLength(before)
  })

  test('is built anew after another training', async () => {
    using root = temporaryFolder()
    await using hub = await startHub(published, 'honest')
    const source = hubSource(repository, hub.url, hasty)
    await setUp(place(root.path), [source])
    const retrained = place(root.path, { seed: 1 })
    expect(isInPlace({ ...retrained, model, form: 'int8' })).toBe(false)
    await setUp(retrained, [source])
    expect(builtIn(retrained.pairModel)).toBe(retrained.pairModel.built.int8.sha256)
  })

  test.each([
    ['the correction is another one', 'delta.safetensors is not the one', (pairModel: PairModel) => pairModel],
    [
      'it comes out otherwise',
      'tiny-pair did not come out as it does elsewhere',
      (pairModel: PairModel) => ({ ...pairModel, built: { int8: { ...pairModel.built.int8, sha256: 'another' } } }),
    ],
  ])('leaves the embedder working where %s', async (what, why, change) => {
    using root = temporaryFolder()
    await using hub = await startHub(published, 'honest')
    const { folder, pairModel } = place(root.path)
    if (what.startsWith('the correction')) writeFileSync(path.join(root.path, 'delta.safetensors'), 'damaged')
    await expect(
      setUp({ folder, pairModel: change(pairModel) }, [hubSource(repository, hub.url, hasty)]),
    ).rejects.toThrow(why)
    expect(isInPlace({ folder, model, form: 'int8', thorough: true })).toBe(true)
    expect(isInPlace({ folder, pairModel, model, form: 'int8' })).toBe(false)
  })
})
