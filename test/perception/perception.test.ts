import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { PerceiveOutcome } from '../../src/contract/perception.ts'
import { hashedVector } from './support/hashed-vector.ts'
import { startPerception } from './support/perception.ts'

const never = new AbortController().signal
const reasonOf = (outcome: PerceiveOutcome): string => (outcome.kind === 'skipped' ? outcome.reason : outcome.kind)

describe('perception', () => {
  test('starts no worker before the first text, and then answers with its vector', async () => {
    await using it = startPerception()
    expect(it.workers()).toBe(0)
    const outcome = await it.perceive('what is a circuit breaker')
    expect(outcome).toMatchObject({ kind: 'perceived', tokens: 5, truncated: false })
    expect(outcome.kind === 'perceived' && outcome.vector).toEqual(hashedVector('what is a circuit breaker', 64))
    expect(it.workers()).toBe(1)
  })

  test('loads both models before anybody asks, and gives a slow machine longer for that than for an answer', async () => {
    await using it = startPerception({ pairsAfterMs: 1_500, patienceMs: 1_000 })
    await it.perception.warm()
    expect(it.perception.facts()).toMatchObject({ stuck: 0, ended: 0, pairs: { kind: 'ready' } })
    expect(it.workers()).toBe(1)
  })

  test('gives each text its own vector, however many ask at once', async () => {
    await using it = startPerception()
    const texts = Array.from({ length: 50 }, (_, index) => `question number ${index}`)
    const outcomes = await Promise.all(texts.map(it.perceive))
    for (const [index, outcome] of outcomes.entries())
      expect(outcome.kind === 'perceived' && outcome.vector).toEqual(hashedVector(texts[index] ?? '', 64))
  })

  test('remembers a text, also one that another still waits for', async () => {
    await using it = startPerception()
    const [one, other] = await Promise.all([it.perceive('twice'), it.perceive('twice')])
    expect(one).toEqual(other)
    expect(await it.perceive('twice')).toEqual(one)
    expect(it.perception.tallies()).toMatchObject({ perceived: 2, remembered: 1 })
  })

  test('lets nobody wait longer than it is worth, and keeps what comes too late for the next', async () => {
    await using it = startPerception()
    await it.perception.ready()
    expect(reasonOf(await it.perception.perceive('slow 200 text', 20, never))).toBe('late')
    await expect.poll(async () => reasonOf(await it.perception.perceive('slow 200 text', 20, never))).toBe('perceived')
    expect(it.perception.tallies().late).toBeGreaterThan(0)
  })

  test('does not bother the worker with a text that nobody waits for any more', async () => {
    await using it = startPerception()
    await it.perception.ready()
    const slow = it.perceive('slow 150 first')
    expect(reasonOf(await it.perception.perceive('slow 60000 second', 20, never))).toBe('late')
    expect(reasonOf(await slow)).toBe('perceived')
    expect(reasonOf(await it.perceive('third'))).toBe('perceived')
  })

  test('refuses one more than may wait', async () => {
    await using it = startPerception({ maxWaiting: 2 })
    const outcomes = await Promise.all(['slow 50 a', 'b', 'c', 'd', 'e'].map(it.perceive))
    expect(outcomes.map(reasonOf)).toEqual(['perceived', 'perceived', 'perceived', 'queue-full', 'queue-full'])
    expect(it.perception.tallies()).toMatchObject({ 'queue-full': 2 })
  })

  test("throws the signal's reason as soon as it aborts, before, in line and at work", async () => {
    await using it = startPerception()
    await it.perception.ready()
    const left = new Error('the caller left')
    await expect(it.perception.perceive('text', 1_000, AbortSignal.abort(left))).rejects.toBe(left)
    const leaving = new AbortController()
    const both = ['slow 60000 at work', 'in line'].map((text) => it.perception.perceive(text, 60_000, leaving.signal))
    leaving.abort(left)
    for (const waits of both) await expect(waits).rejects.toBe(left)
  })

  test('says of a text that cannot be read that it cannot, and reads the next', async () => {
    await using it = startPerception()
    expect(await it.perceive('fail')).toEqual({ kind: 'skipped', reason: 'failed', why: 'it cannot be read' })
    expect(reasonOf(await it.perceive('next'))).toBe('perceived')
  })

  test('goes on without the vector over which the worker ended, and starts another for the rest of the line', async () => {
    await using it = startPerception()
    const outcomes = await Promise.all(['first', 'crash', 'third'].map(it.perceive))
    expect(outcomes.map(reasonOf)).toEqual(['perceived', 'lost', 'perceived'])
    expect(it.workers()).toBe(2)
    expect(it.log).toContain("the embedder's worker ended; requests go on without it")
  })

  test('rests when workers end one after the other, and answers at once meanwhile', async () => {
    await using it = startPerception()
    const outcomes = await Promise.all(['crash', 'crash now', 'third', 'fourth'].map(it.perceive))
    expect(outcomes.map(reasonOf)).toEqual(['lost', 'lost', 'no-embedder', 'no-embedder'])
    expect(it.workers()).toBe(2)
  })

  test('rests when the worker cannot even load', async () => {
    await using it = startPerception({ loads: ['crash'] })
    expect(reasonOf(await it.perceive('text'))).toBe('no-embedder')
    await expect.poll(() => it.workers()).toBe(2)
    await expect.poll(() => it.perceive('another')).toMatchObject({ why: expect.stringContaining('ended') })
    expect(it.workers()).toBe(2)
  })

  test('says what is missing where there is no model, and does not look again for every text', async () => {
    await using it = startPerception({ loads: ['missing'] })
    const outcomes = await Promise.all(['one', 'two', 'three'].map(it.perceive))
    const why = 'the embedding model is not in /models'
    for (const outcome of outcomes) expect(outcome).toEqual({ kind: 'skipped', reason: 'no-embedder', why })
    expect(await it.perception.ready()).toEqual({ kind: 'unavailable', why })
    expect(it.workers()).toBe(1)
    expect(it.log).toHaveLength(1)
  })

  test.each(['loading', 'ready'])('closes a worker that is %s, in a process that nothing else keeps', async (when) => {
    const program = path.join(import.meta.dirname, 'support/close-early.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [program, when])
    expect(stdout).toBe('closed, skipped')
  })

  test('leaves nobody waiting when it is closed', async () => {
    const it = startPerception()
    await it.perception.ready()
    const waiting = ['slow 60000 a', 'b'].map(it.perceive)
    await it[Symbol.asyncDispose]()
    expect((await Promise.all(waiting)).map(reasonOf)).toEqual(['lost', 'no-embedder'])
    expect(reasonOf(await it.perceive('c'))).toBe('no-embedder')
  })
})
