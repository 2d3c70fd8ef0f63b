import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { OwnLogsSettings } from '../../src/contract/settings.ts'
import { createOwnLogs } from '../../src/telemetry/cloud/own-logs.ts'
import { createLogContext } from '../../src/telemetry/log-context.ts'
import { protoFaults } from '../deploy/support/proto-walk.ts'
import { receiptOf } from '../stores/receipt-of.ts'
import { runOnGoogle, startGoogle } from '../support/google.ts'
import type { Google } from '../support/google.ts'

// Google's own client, by the credentials that the (stand-in) machine lends, before a (stand-in) Logging API.

vi.setConfig({ testTimeout: 60_000 })

let google: Google
let leave: () => void
beforeEach(async () => {
  google = await startGoogle()
  leave = runOnGoogle(google)
})
afterEach(async () => {
  leave()
  await google[Symbol.asyncDispose]()
})

const traceId = 'a'.repeat(32)
const place = { project: 'own-project', region: 'europe-west1', service: 'gw', revision: 'gw-7', configuration: 'gw' }

const open = (
  change: Partial<OwnLogsSettings>,
  where: Partial<typeof place> | Record<string, null> = {},
  keep?: () => Promise<void>,
) => {
  const lines: Record<string, unknown>[] = []
  const outcomes: string[] = []
  const warned: string[] = []
  const kept: string[] = []
  const context = createLogContext(null)
  const say = (_fields: object, message: string): void => void warned.push(message)
  const logs = createOwnLogs({
    settings: {
      auditLines: false,
      byApi: [],
      endpoint: google.url,
      timeoutMs: 5_000,
      restMs: 60_000,
      maxWaiting: 100,
      ...change,
    },
    place: { ...place, ...where },
    instanceId: 'gw_1',
    version: '1.2.3',
    context,
    write: (line) => void lines.push(JSON.parse(line)),
    written: (log, outcome) => void outcomes.push(`${log} ${outcome}`),
    logger: { debug: say, info: say, warn: say, error: say },
  })
  const append = async ({ id }: { id: string }): Promise<void> => {
    await keep?.()
    kept.push(id)
  }
  const [audit, receipts] = [logs.audit({ append }), logs.receipts({ append })]
  return { logs, audit, receipts, context, lines, outcomes, warned, kept }
}

/** google.logging.type.LogSeverity */
const severities: Readonly<Record<number, string>> = { 200: 'INFO', 300: 'NOTICE', 400: 'WARNING' }

const act = {
  id: 'aud_1',
  atMs: Date.UTC(2026, 10, 21, 12, 0, 0, 123),
  actor: { id: 'key_1', name: 'Ada' },
  action: 'key.create',
  target: 'key_2',
  outcome: 'done',
  detail: { scope: 'use' },
} as const
const request = {
  requestId: 'req_1',
  traceId,
  traceParent: { traceId, spanId: 'b'.repeat(16), isSampled: true },
}

test('what an admin does is a line of a log of its own, in the trace of his request', async () => {
  const it = open({ auditLines: true })
  await it.context.within(request, () => it.audit.append(act))
  expect(it.kept).toEqual(['aud_1'])
  expect(it.lines).toEqual([
    {
      severity: 'NOTICE',
      message: 'Ada: key.create key_2 done',
      event: 'audit',
      actor: { id: 'key_1', name: 'Ada' },
      action: 'key.create',
      target: 'key_2',
      outcome: 'done',
      detail: { scope: 'use' },
      timestamp: { seconds: Date.UTC(2026, 10, 21, 12) / 1000, nanos: 123_000_000 },
      logName: 'projects/own-project/logs/ai-gateway-audit',
      'logging.googleapis.com/insertId': 'aud_1',
      'logging.googleapis.com/trace': `projects/own-project/traces/${traceId}`,
      'logging.googleapis.com/spanId': 'b'.repeat(16),
      'logging.googleapis.com/trace_sampled': true,
      'logging.googleapis.com/labels': { log_kind: 'audit', instance: 'gw_1', version: '1.2.3', request_id: 'req_1' },
    },
  ])
  expect(google.written).toEqual([])
})

test('one that was refused is a warning, and a project that nobody knows is no reason to be silent', async () => {
  const it = open({ auditLines: true }, { project: null })
  await it.audit.append({ ...act, outcome: 'refused' })
  expect(it.lines).toMatchObject([{ severity: 'WARNING', logName: 'projects/-/logs/ai-gateway-audit' }])
})

test('by the API an entry is there before the answer ends, as Google describes entries', async () => {
  const it = open({ byApi: ['audit', 'receipts'] })
  await it.context.within(request, () => it.receipts.append(receiptOf({ id: 'req_1' })))
  await it.audit.append(act)
  expect(it.kept).toEqual(['req_1', 'aud_1'])
  expect(google.written).toMatchObject([
    {
      logName: 'projects/own-project/logs/ai-gateway-receipts',
      resource: {
        type: 'cloud_run_revision',
        labels: {
          project_id: 'own-project',
          location: 'europe-west1',
          service_name: 'gw',
          revision_name: 'gw-7',
          configuration_name: 'gw',
        },
      },
      entries: [
        {
          insertId: 'req_1',
          trace: `projects/own-project/traces/${traceId}`,
          spanId: 'b'.repeat(16),
          traceSampled: true,
          labels: { log_kind: 'receipts', request_id: 'req_1' },
          jsonPayload: { event: 'receipt', provider: 'openai', outcome: 'complete' },
        },
      ],
    },
    {
      logName: 'projects/own-project/logs/ai-gateway-audit',
      entries: [{ insertId: 'aud_1', jsonPayload: { event: 'audit', action: 'key.create', actor: { id: 'key_1' } } }],
    },
  ])
  for (const body of google.written) {
    // On the wire the client writes enums by their numbers, as JSON of protobuf may; our checker wants their names.
    const entries = body.entries.map((entry) => ({ ...entry, severity: severities[Number(entry['severity'])] }))
    expect(protoFaults('WriteLogEntriesRequest', { ...body, entries })).toEqual([])
    expect(entries).toMatchObject([{ severity: body.logName.endsWith('audit') ? 'NOTICE' : 'INFO' }])
  }
  expect(it.outcomes).toEqual(['receipts ok', 'audit ok'])
  expect(it.lines).toEqual([])
})

test('off Cloud Run the project is the one of the credentials, and the resource says no more', async () => {
  const it = open({ byApi: ['audit'] }, { project: null, region: null, service: null })
  await it.audit.append(act)
  expect(google.written).toMatchObject([
    { logName: 'projects/own-project/logs/ai-gateway-audit', resource: { type: 'global' } },
  ])
})

test('what comes while a delivery runs goes with the next, and none is lost or told twice', async () => {
  const it = open({ byApi: ['receipts'] })
  const ids = Array.from({ length: 60 }, (_, index) => `req_${index}`)
  await Promise.all(ids.map((id) => it.receipts.append(receiptOf({ id }))))
  expect(google.written.flatMap(({ entries }) => entries.map(({ insertId }) => insertId))).toEqual(ids)
  expect(google.written.length).toBeLessThan(10)
  expect(it.outcomes).toEqual(ids.map(() => 'receipts ok'))
})

test.each([
  ['refuses', 5_000],
  ['silence', 100],
] as const)(
  'an API that answers with %s costs no answer: the entry is a line, counted, and the next waits for nothing',
  async (habit, timeoutMs) => {
    google.logging = habit
    const it = open({ byApi: ['receipts'], timeoutMs })
    await it.receipts.append(receiptOf({ id: 'req_1' }))
    expect(it.kept).toEqual(['req_1'])
    expect(it.outcomes).toEqual(['receipts failed'])
    expect(it.lines).toMatchObject([
      { 'logging.googleapis.com/insertId': 'req_1', logName: 'projects/own-project/logs/ai-gateway-receipts' },
    ])
    await expect.poll(() => it.warned.join(), { timeout: 10_000 }).toMatch(/takes no entries/)

    google.logging = 'takes'
    await it.receipts.append(receiptOf({ id: 'req_2' }))
    expect(google.written).toEqual([])
    expect(it.lines).toHaveLength(2)
  },
)

test('it is asked again after its rest', async () => {
  google.logging = 'refuses'
  const it = open({ byApi: ['receipts'], restMs: 0 })
  await it.receipts.append(receiptOf({ id: 'req_1' }))
  google.logging = 'takes'
  await it.receipts.append(receiptOf({ id: 'req_2' }))
  expect(google.written).toHaveLength(1)
  expect(it.outcomes).toEqual(['receipts failed', 'receipts ok'])
})

test('more than may wait are lines', async () => {
  google.logging = 'silence'
  const it = open({ byApi: ['audit'], auditLines: true, maxWaiting: 1, timeoutMs: 200 })
  await Promise.all(['a', 'b', 'c', 'd'].map((id) => it.audit.append({ ...act, id })))
  expect(new Set(it.lines.map((line) => line['logging.googleapis.com/insertId']))).toEqual(
    new Set(['a', 'b', 'c', 'd']),
  )
  expect(it.lines).toHaveLength(4)
  expect(it.outcomes).toEqual(Array.from({ length: 4 }, () => 'audit failed'))
})

test('a machine without credentials says so, and goes on', async () => {
  process.env['METADATA_SERVER_DETECTION'] = 'none'
  process.env['GCE_METADATA_HOST'] = '127.0.0.1:9'
  const it = open({ byApi: ['receipts'] })
  await it.receipts.append(receiptOf({ id: 'req_1' }))
  expect(it.outcomes).toEqual(['receipts failed'])
  expect(it.lines).toHaveLength(1)
})

test('a ledger that fails is told as before, and the entry is written all the same', async () => {
  const it = open({ byApi: ['receipts'] }, {}, () => Promise.reject(new Error('The disk is full.')))
  await expect(it.receipts.append(receiptOf({ id: 'req_1' }))).rejects.toThrow('The disk is full.')
  await expect.poll(() => google.written.length, { timeout: 10_000 }).toBe(1)
})

test('where neither is asked for, trail and ledger are themselves, and nothing of Google is loaded', async () => {
  const ledger = { append: () => Promise.resolve() }
  const it = open({})
  expect(it.logs.receipts(ledger)).toBe(ledger)
  expect(it.logs.audit(ledger)).toBe(ledger)
})
