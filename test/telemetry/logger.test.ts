import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

const source = path.resolve(import.meta.dirname, '../../src/telemetry/logger.ts')

/** What a program of its own writes to stdout when it logs one message. */
const logged = (format: 'pretty' | 'json', message: string): string =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { createLogger } from ${JSON.stringify(source)}
       const log = createLogger({ level: 'info', format: '${format}', content: false }, { fd: 1, isTerminal: false })
       log.info({}, ${JSON.stringify(message)})`,
    ],
    { encoding: 'utf8' },
  )

test('a name with line breaks and escape sequences forges no line and repaints no terminal', () => {
  const forged = 'no model is called "a\r\n[10:00:00] ERROR: out of money\u2028b\u001b[2J\u009b31m"'
  const [line = '', ...rest] = logged('pretty', forged).split('\n')
  expect(rest).toEqual([''])
  expect(line).toMatch(/INFO: no model is called "a \[10:00:00\] ERROR: out of money b \[2J 31m"$/)
  expect(JSON.parse(logged('json', forged))).toMatchObject({ severity: 'INFO', message: forged })
})
