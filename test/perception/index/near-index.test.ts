import { describe, expect, test } from 'vitest'
import { hashedVector } from '../support/hashed-vector.ts'
import { startNearIndex, startQuestions } from '../support/near-index.ts'

const never = new AbortController().signal
const texts = (count: number): string[] => Array.from({ length: count }, (_, at) => `question number ${at} of many`)
const query = (text: string) => ({ partition: 'p', vector: hashedVector(text, 64), count: 1, minCosine: -1 })

describe('the near index', () => {
  test('starts no worker while there is nothing to be near to', async () => {
    await using it = startNearIndex(startQuestions())
    expect(it.workers()).toBe(0)
    expect(it.index.state()).toEqual({ phase: 'idle', waiting: 0 })
  })

  test('finds what the store held before it, and what came, went and changed since', async () => {
    const questions = startQuestions(texts(500))
    await using it = startNearIndex(questions)
    await it.settle()
    expect(await it.find('question number 77 of many')).toEqual([
      { id: 'question number 77 of many', cosine: expect.closeTo(1, 5) },
    ])
    questions.add('new', 'something else entirely')
    questions.remove('question number 77 of many')
    await it.settle()
    expect((await it.find('something else entirely'))[0]?.id).toBe('new')
    expect((await it.find('question number 77 of many'))[0]?.id).not.toBe('question number 77 of many')
    expect(it.perception.facts()).toMatchObject({ index: { partitions: 1 }, tallies: { indexed: 501 } })
  })

  test('begins with the first question, when nobody has asked for the worker yet', async () => {
    const questions = startQuestions()
    await using it = startNearIndex(questions)
    questions.add('first', 'the first question')
    await it.settle()
    expect((await it.find('the first question'))[0]?.id).toBe('first')
  })

  test('misses nothing that changes while it reads the store', async () => {
    const questions = startQuestions(texts(300))
    let read = 0
    questions.onRead = () => {
      read += 1
      if (read === 100) questions.remove('question number 299 of many')
      if (read === 150) questions.remove('question number 3 of many')
      if (read === 200) questions.add('late', 'it came while the store was read')
    }
    await using it = startNearIndex(questions)
    await it.settle()
    const all = await it.find('question', 1_000)
    expect(new Set(all.map(({ id }) => id))).toEqual(new Set(questions.held.keys()))
  })

  test('goes on without neighbours when its worker ends, and has all of them again with the next', async () => {
    const questions = startQuestions(texts(200))
    await using it = startNearIndex(questions)
    await it.settle()
    const searches = Array.from({ length: 20 }, () =>
      it.index.findNeighbours(query('question number 5 of many'), 60_000, never),
    )
    const crash = it.perception.perceive('crash now', 60_000, never)
    questions.remove('question number 9 of many')
    questions.add('meanwhile', 'it came while there was no worker')
    for (const found of await Promise.all(searches)) expect(found.kind).toBe('found')
    expect(await crash).toMatchObject({ reason: 'lost' })
    await it.settle()
    expect(it.workers()).toBe(2)
    const all = await it.find('question', 1_000)
    expect(new Set(all.map(({ id }) => id))).toEqual(new Set(questions.held.keys()))
    expect(it.perception.facts()).toMatchObject({ ended: 1, stuck: 0 })
  })

  test('gets another worker where one is stuck, and counts it', async () => {
    const questions = startQuestions(texts(20))
    await using it = startNearIndex(questions, { patienceMs: 2_000 })
    await it.settle()
    const hangs = it.perception.perceive('hang', 60_000, never)
    const behind = it.index.findNeighbours(query('question number 5 of many'), 60_000, never)
    expect(await hangs).toMatchObject({ reason: 'lost', why: expect.stringContaining('no answer') })
    expect(await behind).toMatchObject({ kind: 'found' })
    await it.settle()
    expect((await it.find('question number 5 of many'))[0]?.id).toBe('question number 5 of many')
    expect(it.perception.facts()).toMatchObject({ ended: 1, stuck: 1 })
  })

  test('refuses what cannot be compared, and goes on', async () => {
    const questions = startQuestions(['a question'])
    await using it = startNearIndex(questions)
    await it.settle()
    for (const vector of [new Float32Array(64), new Float32Array(3), Float32Array.from({ length: 64 }, () => NaN)])
      expect(await it.index.findNeighbours({ ...query('a'), vector }, 60_000, never)).toMatchObject({
        reason: 'failed',
      })
    expect((await it.find('a question'))[0]?.id).toBe('a question')
  })

  test('lets nobody wait in vain: no time, too many in line, a caller who left', async () => {
    await using it = startNearIndex(startQuestions(['a question']), { maxWaiting: 1 })
    await it.settle()
    expect(await it.index.findNeighbours(query('a'), 0, never)).toMatchObject({ reason: 'late' })
    const slow = it.perception.perceive('slow 300 text', 60_000, never)
    const leaving = new AbortController()
    const waits = it.index.findNeighbours(query('a'), 60_000, leaving.signal)
    expect(await it.index.findNeighbours(query('a'), 60_000, never)).toMatchObject({ reason: 'queue-full' })
    leaving.abort(new Error('left'))
    await expect(waits).rejects.toThrow('left')
    expect(await it.index.findNeighbours(query('a'), 20, never)).toMatchObject({ reason: 'late' })
    expect(await slow).toMatchObject({ kind: 'perceived' })
    expect(it.perception.tallies()).toMatchObject({ late: 2, 'queue-full': 1 })
  })

  test('tries again where the store cannot be read, and answers meanwhile', async () => {
    const questions = startQuestions(['a question'])
    let reads = 0
    const failing = {
      ...questions,
      questionIds: async () => {
        reads += 1
        if (reads === 1) throw new Error('the disk is gone')
        return questions.questionIds()
      },
    }
    await using it = startNearIndex(failing)
    await expect
      .poll(() => it.log)
      .toContain('the entries cannot be read for the near index; it is tried again: the disk is gone')
    expect(it.index.state().phase).toBe('indexing')
    expect(await it.find('a question')).toEqual([])
    await it.settle()
    expect((await it.find('a question'))[0]?.id).toBe('a question')
  })
})

describe('the pair model', () => {
  const pair = (stored: string, asked: string) => ({ stored, asked })

  test('says something of each pair, in order, through the same line', async () => {
    await using it = startNearIndex(startQuestions())
    const scored = await it.perception.scorePairs([pair('long', 'a'), pair('b', 'long')], 60_000, never)
    expect(scored).toEqual({ kind: 'found', logits: [3, -3], reader: 'lengths' })
    expect(await it.perception.scorePairs([pair('a', 'slow')], 20, never)).toMatchObject({ reason: 'late' })
    expect(it.perception.facts()).toMatchObject({
      pairs: { kind: 'ready', fingerprint: 'lengths' },
      tallies: { scored: 2 },
    })
  })
})
