import { Worker } from 'node:worker_threads'
import { expect, vi } from 'vitest'
import type { Overrides } from '../../../src/app.ts'
import { connect } from '../../mcp/support/clients.ts'
import type { TestApp } from '../../support/app.ts'

/** On a busy machine a model takes its time. */
export const patient = (config: TestApp['config']): TestApp['config'] => ({
  ...config,
  cache: { ...config.cache, near: { ...config.cache.near, deadlineMs: 20_000 } },
})

/** One question of the user, and which tier answered it. */
export const postChat = async (
  { url, receipts }: Pick<TestApp, 'url' | 'receipts'>,
  content: string,
  fields: object = {},
  headers: Readonly<Record<string, string>> = {},
) => {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'gpt-6-luna', messages: [{ role: 'user', content }], ...fields }),
  })
  const body: unknown = await response.json()
  const id = response.headers.get('x-request-id')
  // The receipt is written before the answer ends.
  const receipt = receipts.findLast((one) => one.id === id) ?? receipts.at(-1)
  return { cache: response.headers.get('x-gateway-cache'), status: response.status, body, receipt }
}

/** What a tool says, over MCP. */
export const callTool = async (
  { url }: Pick<TestApp, 'url'>,
  name: string,
  args: Record<string, unknown> = {},
): Promise<Record<string, unknown>> => {
  await using client = await connect('SDK v2 client, auto', `${url}/mcp`)
  return Object(((await client.call(name, args)) as { data: unknown }).data) as Record<string, unknown>
}

/** Why a question that was compared with others was answered by the model all the same. */
const comparedMisses: ReadonlySet<unknown> = new Set(['no_neighbours', 'vetoed', 'unsure', 'ambiguous', 'uncalibrated'])

/** Asks each of the questions, and waits until later ones can be compared with all that may be. */
export const remember = async (app: TestApp, texts: Iterable<string>): Promise<void> => {
  let kept = 0
  for (const text of new Set(texts)) {
    const { receipt } = await postChat(app, text)
    if (comparedMisses.has(receipt?.cacheReason)) kept += 1
  }
  await indexed(app, kept)
}

/** Waits until so many questions are in the index. */
export const indexed = async (app: Pick<TestApp, 'url'>, entries: number): Promise<void> => {
  await vi.waitFor(
    async () => {
      const { perception } = await callTool(app, 'gateway_status')
      expect(perception).toMatchObject({ index: 'following', entries })
    },
    { timeout: 60_000, interval: 50 },
  )
}

/** A worker without weights (test/perception/support/stand-in-worker.ts), as it is told to be. */
export const standIn = (workerData: object): Overrides => ({
  startEmbedder: () =>
    new Worker(new URL('../../perception/support/stand-in-worker.ts', import.meta.url), { workerData }),
})
