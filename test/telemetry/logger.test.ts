import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

const telemetry = path.resolve(import.meta.dirname, '../../src/telemetry')

/** The lines that a program of its own writes to stdout, where `log` is a logger. */
const lines = (program: string, logger: string): string[] =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { createLogger } from ${JSON.stringify(path.join(telemetry, 'logger.ts'))}
       import { createCloudFields } from ${JSON.stringify(path.join(telemetry, 'cloud/line.ts'))}
       import { createLogContext } from ${JSON.stringify(path.join(telemetry, 'log-context.ts'))}
       const to = { fd: 1, isTerminal: false }
       const place = { project: 'own-project', service: 'ai-gateway', revision: 'ai-gateway-7' }
       ${logger}
       ${program}`,
    ],
    { encoding: 'utf8' },
  ).split('\n')

const plain = (format: 'pretty' | 'json'): string =>
  `const log = createLogger({ level: 'info', format: '${format}' }, to)`
const cloud = (sampleRatio: number | null): string =>
  `const context = createLogContext(${sampleRatio})
   const cloudFields = createCloudFields({ place, version: '1.2.3', instanceId: 'gw_1', context })
   const log = createLogger({ level: 'info', format: 'cloud' }, to, cloudFields)`

const traceId = 'a'.repeat(32)
const request = `{ requestId: 'req_1', traceId: '${traceId}', traceParent: { traceId: '${traceId}', spanId: 'b'.repeat(16), isSampled: true } }`

test('a name with line breaks and escape sequences forges no line and repaints no terminal', () => {
  const forged = 'no model is called "a\r\n[10:00:00] ERROR: out of money\u2028b\u001b[2J\u009b31m"'
  const say = `log.info({}, ${JSON.stringify(forged)})`
  const [line = '', ...rest] = lines(say, plain('pretty'))
  expect(rest).toEqual([''])
  expect(line).toMatch(/INFO: no model is called "a \[10:00:00\] ERROR: out of money b \[2J 31m"$/)
  expect(JSON.parse(lines(say, plain('json'))[0] ?? '')).toMatchObject({ severity: 'INFO', message: forged })
})

test('whatever is logged while a request is served bears its trace, and nothing else does', () => {
  const said = lines(
    `const later = () => new Promise((resolve) => setTimeout(resolve, 1))
     const serve = async () => { await later(); log.warn({ a: 1 }, 'within'); queueMicrotask(() => log.info({}, 'behind')) }
     log.info({}, 'before')
     await context.within(${request}, serve)
     log.info({}, 'after')`,
    cloud(null),
  )
  const [before, within, behind, after] = said.filter((line) => line !== '').map((line) => JSON.parse(line))
  const trace = {
    'logging.googleapis.com/trace': `projects/own-project/traces/${traceId}`,
    'logging.googleapis.com/spanId': 'b'.repeat(16),
    'logging.googleapis.com/trace_sampled': true,
    'logging.googleapis.com/labels': { instance: 'gw_1', version: '1.2.3', request_id: 'req_1' },
  }
  expect(within).toMatchObject({ severity: 'WARNING', message: 'within', a: 1, ...trace })
  expect(behind).toMatchObject({ severity: 'INFO', message: 'behind', ...trace })
  for (const line of [before, after]) {
    expect(line['logging.googleapis.com/labels']).toEqual({ instance: 'gw_1', version: '1.2.3' })
    expect(Object.keys(line).filter((name) => /trace|span/.test(name))).toEqual([])
  }
})

test('where spans are sent, a line names ours, and whether the trace is', () => {
  const say = `context.within({ requestId: 'req_1', traceId: '${traceId}' }, () => log.info({}, 'x'))`
  const sampled = JSON.parse(lines(say, cloud(1))[0] ?? '')
  expect(sampled).toMatchObject({
    'logging.googleapis.com/spanId': expect.stringMatching(/^[0-9a-f]{16}$/),
    'logging.googleapis.com/trace_sampled': true,
  })
  expect(JSON.parse(lines(say, cloud(0))[0] ?? '')['logging.googleapis.com/trace_sampled']).toBe(false)
})

test('an error is for Error Reporting: its stack, the service, and none of what it quotes', () => {
  const say = `
    let broken
    try { JSON.parse('{"prompt": my secret wish}') } catch (error) { broken = error }
    const failed = Object.assign(new TypeError('the row cannot be kept', { cause: broken }), {
      code: '23502', detail: 'Failing row contains (my secret wish)', request: { body: 'my secret wish' },
    })
    log.error({ err: failed }, 'it failed')
    log.warn({ err: failed }, 'it may fail')`
  const [text = '', warned = ''] = lines(say, cloud(null))
  expect(`${text}${warned}`).not.toContain('secret wish')
  const line = JSON.parse(text)
  expect(line).toMatchObject({
    severity: 'ERROR',
    '@type': expect.stringContaining('ReportedErrorEvent'),
    serviceContext: { service: 'ai-gateway', version: 'ai-gateway-7' },
    err: { type: 'TypeError', code: '23502', message: 'the row cannot be kept: it cannot be parsed' },
  })
  expect(line.stack_trace).toMatch(
    /^TypeError: the row cannot be kept\n\s+at [\s\S]+\ncaused by SyntaxError: it cannot be parsed\n\s+at /,
  )
  expect(JSON.parse(warned)).not.toHaveProperty('stack_trace')
})
