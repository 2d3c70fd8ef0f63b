import { expect, test } from 'vitest'
import { measureWires } from './wires/measure.ts'
import { tableOf } from './wires/table.ts'

test('the bench of wires weighs every dialect against the AI SDK, whole and streamed', async () => {
  const told: string[] = []
  const cells = await measureWires({ rounds: 1, calls: 3, callers: 2 }, ({ wire, form }) =>
    told.push(`${wire} ${form}`),
  )
  const wires = ['openai-chat', 'openai-chat', 'openai-responses', 'anthropic', 'gemini']
  expect(told).toEqual(wires.flatMap((wire) => [`${wire} JSON`, `${wire} SSE`]))
  for (const { cpu } of cells) for (const figure of [cpu.small, cpu.large]) expect(figure).toBeGreaterThan(0)
  expect(tableOf(cells).trim().split('\n')).toHaveLength(2 + cells.length)
})
