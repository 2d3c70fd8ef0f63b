import { describe, expect, test } from 'vitest'
import { parts } from './parts/index.ts'
import { runPart } from './run-part.ts'

describe.each(parts)('npm run load, part $name, at its smallest', (part) => {
  // Each starts a gateway in a process of its own.
  test(part.proves, { timeout: 120_000 }, async () => {
    const { faults, figures } = await runPart(part, 'smoke')
    expect(faults, JSON.stringify(figures)).toEqual([])
    expect(figures['receipts']).toBeGreaterThan(0)
  })
})
