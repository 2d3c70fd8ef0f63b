import { defineConfig } from 'vitest/config'
import { closingLine } from './test/support/closing-line.ts'
import allowedSkips from './test/allowed-skips.json' with { type: 'json' }

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests that load a model by themselves report it to nobody either.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    setupFiles: ['test/support/every-reply.ts'],
    // Patience for busy machines: no test measures time.
    testTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 30_000,
    // Tests start servers and programs of their own: more files at once would only make them wait for each other.
    maxWorkers: 2,
    reporters: ['default', closingLine({ strict: process.env['CI'] === 'true', allowedSkips })],
  },
})
