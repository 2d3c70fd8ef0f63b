import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/contract/json.ts'
import { anthropicMessage, completion } from '../providers/chat-wire.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const bench = path.join(import.meta.dirname, 'recordings.ts')

/** Runs the bench on these replies, laid out as recordings are. */
const runOn = (replies: Readonly<Record<string, JsonObject>>, ...flags: string[]) => {
  using folder = temporaryFolder()
  mkdirSync(path.join(folder.path, 'vercel-ai'))
  for (const [name, reply] of Object.entries(replies))
    writeFileSync(path.join(folder.path, 'vercel-ai', name), JSON.stringify(reply))
  const { status, stdout, stderr } = spawnSync(process.execPath, [bench, '--data', folder.path, ...flags])
  return { status, stdout: stdout.toString(), stderr: stderr.toString() }
}

const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 }
const agreed = {
  'openai__chat__text.json': completion({ content: 'Hello' }, { usage }),
  'anthropic__anthropic-text.json': anthropicMessage([{ type: 'text', text: 'Hello' }]),
}

test('the bench of recordings counts what is read alike, and tells known differences with their reasons', () => {
  const mistral = completion({ content: 'Hello' }, { usage: { ...usage, num_cached_tokens: 3 } })
  const { status, stdout } = runOn({ ...agreed, 'mistral__text.json': mistral })
  expect(status).toBe(0)
  expect(stdout).toContain('| openai-chat | JSON | @ai-sdk/openai-compatible | 1 of 2 | 1 | 0 |')
  expect(stdout).toContain('| anthropic | JSON | @ai-sdk/anthropic | 1 of 1 | 0 | 0 |')
  expect(stdout).toMatch(/\| @ai-sdk\/openai chat \| usage \| 1 \| gateway \| Mistral/)
}, 60_000)

test('the bench of recordings fails where one differs without a reason, or nobody understood it', () => {
  const empty = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'rocket-1', choices: [] }
  const { status, stdout } = runOn({ ...agreed, 'openai__chat__nothing.json': empty }, '--json')
  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    rows: [{ recordings: 2, equal: 1, unexplained: 1 }, { unexplained: 1 }, { unexplained: 0 }],
    unexplained: [
      { recording: 'openai__chat__nothing.json', differing: ['answer'], ours: { kind: 'lost' } },
      { oracle: '@ai-sdk/openai-compatible' },
    ],
  })
}, 60_000)

test('the bench of recordings says so where there are none', () => {
  const { status, stderr } = runOn({})
  expect(status).toBe(1)
  expect(stderr).toContain('name their folder with --data DIR')
})
