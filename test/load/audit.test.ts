import { describe, expect, test } from 'vitest'
import { audit, sums } from './audit.ts'
import type { Heard } from './caller.ts'
import type { Row } from './ledger.ts'
import { answerText, faultOfText, frameText } from './order.ts'
import { riseOf } from './trend.ts'
import type { Bill } from './upstream-thread.ts'

const bill = (fields: Partial<Bill> = {}): Bill => ({
  call: 1,
  inputTokens: 21,
  outputTokens: 5,
  state: 'whole',
  ...fields,
})
const row = (fields: Partial<Row> = {}): Row => ({
  id: 'req_1',
  call: 1,
  outcome: 'complete',
  errorCode: null,
  inputTokens: 21,
  outputTokens: 5,
  usageSource: 'provider',
  costNanoUsd: '700',
  receivedAtMs: 0,
  admitMs: 0,
  ...fields,
})
const whole = (fields: Partial<Extract<Heard, { kind: 'whole' }>> = {}): Heard => ({
  kind: 'whole',
  call: 1,
  requestId: 'req_1',
  costNanoUsd: '700',
  fault: null,
  ...fields,
})
const left: Heard = { kind: 'left', call: 1 }
const abandoned = row({ outcome: 'client_aborted', usageSource: 'estimated', outputTokens: 9 })

describe('the audit', () => {
  test('finds nothing in books that agree', () => {
    const books = { bills: [bill()], rows: [row()], heard: [whole()] }
    expect(audit(books)).toEqual([])
    expect(sums(books)).toEqual({
      answered: 1,
      upstreamRequests: 1,
      receipts: 1,
      upstreamTokens: 26,
      receiptTokens: 26,
    })
  })

  test('takes our own count for the answer of a caller who left, and a receipt of one who left early', () => {
    expect(audit({ bills: [bill({ state: 'left' })], rows: [abandoned], heard: [left] })).toEqual([])
    expect(audit({ bills: [], rows: [abandoned], heard: [left] })).toEqual([])
  })

  test.each<[string, Parameters<typeof audit>[0]]>([
    ['call 1 (whole upstream) has no receipt', { bills: [bill()], rows: [], heard: [left] }],
    ['call 1 has 2 receipts', { bills: [bill()], rows: [row(), row({ id: 'req_2' })], heard: [] }],
    ['call 1 reached the upstream 2 times', { bills: [bill(), bill()], rows: [row()], heard: [whole()] }],
    ['call 1 still runs upstream', { bills: [bill({ state: 'running' })], rows: [abandoned], heard: [left] }],
    ['the receipt of call 1 (complete) has no call upstream', { bills: [], rows: [row()], heard: [whole()] }],
    [
      'the receipt of call 1 is complete, by estimated usage',
      { bills: [bill()], rows: [row({ usageSource: 'estimated' })], heard: [whole()] },
    ],
    [
      'call 1 used 21 and 5 tokens, its receipt says 21 and 6',
      { bills: [bill()], rows: [row({ outputTokens: 6 })], heard: [whole()] },
    ],
    [
      'call 1 was answered and its receipt says client_aborted',
      { bills: [bill()], rows: [row({ outcome: 'client_aborted' })], heard: [whole()] },
    ],
    [
      'call 1 was told 700 nano-dollars, its receipt says 701',
      { bills: [bill()], rows: [row({ costNanoUsd: '701' })], heard: [whole()] },
    ],
    ['call 1 was answered as req_1, not req_2', { bills: [bill()], rows: [row({ id: 'req_2' })], heard: [whole()] }],
    ['call 1: frame 2 came twice', { bills: [bill()], rows: [row()], heard: [whole({ fault: 'frame 2 came twice' })] }],
  ])('says "%s"', (fault, books) => {
    expect(audit(books)).toEqual([fault])
  })

  test('forgives a killed gateway the calls whose end nobody saw, and no other', () => {
    const killed = { bills: [bill()], rows: [], wasKilled: true }
    expect(audit({ ...killed, heard: [{ kind: 'broken', call: 1, why: 'reset' }] })).toEqual([])
    expect(audit({ ...killed, heard: [whole()] })).toEqual([
      'call 1 (whole upstream) has no receipt',
      'call 1 was answered and has no receipt',
    ])
  })
})

describe('the frames of an answer', () => {
  const order = { call: 7, frames: 4, padChars: 3, startMs: 0, everyMs: 0 }
  const frames = Array.from({ length: 4 }, (_, frame) => frameText(order, frame))
  const [zero = '', one = '', two = '', three = ''] = frames

  test.each<[string | null, string]>([
    [null, answerText(order)],
    ['frame 2 of 4 is lost', zero + one + three],
    ['frame 3 of 4 is lost', zero + one + two],
    ['frame 1 came twice', zero + one + one + two + three],
    ['frame 2 came in place 1', zero + two + one + three],
    ['frame 1 of call 8 is in it', zero + frameText({ ...order, call: 8 }, 1) + one + two + three],
    ['a frame is damaged', `${zero}${one}${two}${three.slice(0, -1)}`],
    ['something is between the frames', `${zero}?${one}${two}${three}`],
  ])('%s', (fault, text) => {
    expect(faultOfText(text, order)).toBe(fault)
  })
})

describe('a rise is found under noise, and none', () => {
  const readings = (valueAt: (n: number) => number) =>
    Array.from({ length: 30 }, (_, n) => valueAt(n) + (n % 2 === 0 ? 1 : -1))
  test.each<[string, (n: number) => number, 'rises' | 'is level']>([
    ['where there is only noise', () => 100, 'is level'],
    ['where a cold start is all', (n) => (n < 3 ? 50 : 100), 'is level'],
    ['where there is less of it in the end', (n) => 100 - n, 'is level'],
    ['but where something leaks', (n) => 100 + n, 'rises'],
    ...Array.from({ length: 12 }, (_, phase): [string, (n: number) => number, 'rises' | 'is level'] => [
      `where something is filled and emptied, begun ${phase} readings late`,
      (n) => 100 + ((n + phase) % 12),
      'is level',
    ]),
    ['but where that leaks besides', (n) => 100 + (n % 12) + n, 'rises'],
  ])('%s', (_where, valueAt, verdict) => {
    expect(riseOf(readings(valueAt)) > 5 ? 'rises' : 'is level').toBe(verdict)
  })

  test('where nothing was read', () => {
    expect(riseOf([])).toBe(0)
  })
})
