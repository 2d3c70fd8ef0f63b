import type { MessagePort } from 'node:worker_threads'
import type { QuestionPair } from '../contract/near.ts'
import type { Embedder } from './embedder.ts'
import { loadAddon } from './hnsw.ts'
import { createIndexes } from './indexes.ts'
import type { PairModel } from './pair-model.ts'
import { goodbye } from './protocol.ts'
import type { Answer, Order, OrderMessage, SnapshotPlace, Told } from './protocol.ts'
import { dropSnapshot, loadSnapshot, saveSnapshot } from './snapshot.ts'

/** A waiting request waits no longer than this for the index's housekeeping. */
const tendMs = 2
/** How often the gateway hears of the index while that is at work. */
const tellEveryMs = 500
/** So many entries of a partition are looked through one by one. */
const flatBound = 2_000

/** The worker's own side: does what it is told, and in between brings the index into order. Ends the thread at `goodbye`. */
export const serveOrders = async (parts: {
  port: MessagePort
  embedder: Embedder
  loadPairModel: () => Promise<PairModel>
}): Promise<void> => {
  const { port, embedder, loadPairModel } = parts
  const loaded = await loadAddon()
  const withoutGraphs = loaded.addon ? null : loaded.why
  const { dimensions, fingerprint } = embedder.facts
  const rules = { addon: loaded.addon, dimensions, flatBound, embedder: fingerprint }
  let indexes = createIndexes(rules)
  let pairModel: Promise<PairModel> | null = null
  /** Requests that somebody waits for. */
  let waitedFor = 0
  let isUntidy = false
  let isScheduled = false
  let saving: Promise<unknown> | null = null
  let toldAtMs = -Infinity

  const tell = (told: Told): void => port.postMessage(told)
  const tellIndex = (): void => {
    toldAtMs = performance.now()
    tell({ kind: 'index', index: { ...indexes.facts(), withoutGraphs } })
  }

  /** Does a little, and comes back after what has come in meanwhile. */
  const tend = (): void => {
    isScheduled = false
    if (waitedFor > 0) return
    isUntidy = indexes.tend(performance.now() + tendMs)
    if (!isUntidy || performance.now() - toldAtMs > tellEveryMs) tellIndex()
    schedule()
  }

  const schedule = (): void => {
    if (!isUntidy || isScheduled || waitedFor > 0) return
    isScheduled = true
    setImmediate(tend)
  }

  const read = async (): Promise<PairModel> => {
    try {
      const model = await loadPairModel()
      tell({ kind: 'pairs', pairs: { kind: 'ready', fingerprint: model.fingerprint } })
      return model
    } catch (error) {
      tell({ kind: 'pairs', pairs: { kind: 'unavailable', why: wordsOf(error) } })
      throw error
    }
  }

  const loadedPairModel = (): Promise<PairModel | { why: string }> => {
    pairModel ??= read()
    return pairModel.catch((error: unknown) => ({ why: wordsOf(error) }))
  }

  const score = async (pairs: readonly QuestionPair[]): Promise<Answer> => {
    const model = await loadedPairModel()
    if ('why' in model) return { kind: 'skipped', reason: 'no-embedder', why: model.why }
    return { kind: 'logits', logits: await model.score(pairs), reader: model.fingerprint }
  }

  const load = async (place: SnapshotPlace): Promise<Answer> => {
    try {
      const kept = await loadSnapshot(place, rules)
      if (kept) indexes = kept
      indexes.doubt()
      tellIndex()
      return { kind: 'snapshot', entries: kept?.facts().entries ?? 0, untidy: indexes.facts().untidy }
    } catch (error) {
      await dropSnapshot(place.folder)
      throw error
    }
  }

  const save = async (place: SnapshotPlace): Promise<Answer> => {
    const written = saveSnapshot(indexes, place, rules)
    saving = written.catch(() => null)
    return { kind: 'snapshot', entries: await written, untidy: indexes.facts().untidy }
  }

  const obey = async (order: Order): Promise<Answer> => {
    switch (order.kind) {
      case 'embed':
        return { kind: 'perceived', perceived: await embedder.embed(order.text) }
      case 'search':
        return { kind: 'neighbours', neighbours: indexes.search(order.query) }
      case 'score':
        return score(order.pairs)
      case 'warm':
        await loadedPairModel()
        return { kind: 'done' }
      case 'change':
        indexes.change(order.changes)
        return { kind: 'done' }
      case 'load':
        return load(order.place)
      case 'confirm':
        return { kind: 'lacking', ids: indexes.confirm(order.ids) }
      case 'sweep':
        return { kind: 'swept', entries: indexes.sweep() }
      case 'save':
        return save(order.place)
      default:
        return order satisfies never
    }
  }

  const serve = async ({ id, order }: OrderMessage): Promise<void> => {
    const isWaitedFor = order.kind === 'embed' || order.kind === 'search' || order.kind === 'score'
    if (isWaitedFor) waitedFor += 1
    const answer = await obey(order).catch((error: unknown): Answer => ({
      kind: 'skipped',
      reason: 'failed',
      why: wordsOf(error),
    }))
    if (isWaitedFor) waitedFor -= 1
    else isUntidy = true
    tell({ kind: 'answered', id, answer })
    schedule()
  }

  /** A call of the addon is not to be cut off, and neither is a snapshot that is as good as written. */
  const leave = async (): Promise<void> => {
    await saving
    process.exit(0)
  }

  port.on('message', (message: OrderMessage | typeof goodbye) => {
    void (message === goodbye ? leave() : serve(message))
  })
  tell({ kind: 'ready', facts: embedder.facts })
  tellIndex()
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
