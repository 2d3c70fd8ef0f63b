import { expect, test } from 'vitest'
import { parts } from './parts/index.ts'
import { runPart } from './run-part.ts'

// Each starts a gateway in a process of its own.
test.each(parts)('npm run load $name, at its smallest: $proves', { timeout: 120_000 }, async (part) => {
  const { faults, figures } = await runPart(part, 'smoke')
  expect(faults, JSON.stringify(figures)).toEqual([])
  expect(figures['receipts']).toBeGreaterThan(0)
})
