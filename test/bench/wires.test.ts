import { expect, test } from 'vitest'
import { measureWires } from './wires/measure.ts'
import { tableOf } from './wires/table.ts'

test('the bench of wires weighs every dialect against the AI SDK, whole and streamed', async () => {
  const told: string[] = []
  const cells = await measureWires({ rounds: 1, calls: 3, callers: 2 }, ({ wire, form }) =>
    told.push(`${wire} ${form}`),
  )
  expect(told).toEqual([
    ...['openai-chat JSON', 'openai-chat SSE', 'openai-chat JSON', 'openai-chat SSE'],
    ...[
      'openai-responses JSON',
      'openai-responses SSE',
      'anthropic JSON',
      'anthropic SSE',
      'gemini JSON',
      'gemini SSE',
    ],
  ])
  for (const { cpu } of cells) for (const figure of [cpu.small, cpu.large]) expect(figure).toBeGreaterThan(0)
  expect(tableOf(cells).trim().split('\n')).toHaveLength(2 + cells.length)
})
