import { describe, expect, test } from 'vitest'
import type { CallerRow } from '../../src/contract/settings.ts'
import { createCallerOf } from '../../src/tenants/callers.ts'
import { principalId } from '../../src/tenants/principal.ts'
import type { Principal } from '../../src/tenants/principal.ts'

const scopes = { use: 'gateway:use', admin: 'gateway:admin' }
const ada: Principal = {
  issuer: 'https://login.example.com',
  subject: 'u-1',
  email: 'ada@example.com',
  domain: 'example.com',
  groups: ['platform', 'staff'],
  scopes: new Set(['gateway:use', 'gateway:admin']),
}
const row = (about: Partial<CallerRow>): CallerRow => ({ name: 'row', scope: 'use', ...about })
const callerOf = (rows: readonly CallerRow[], principal: Partial<Principal> = {}, over = {}) =>
  createCallerOf({ callers: rows, unmapped: 'refuse', scopes, ...over })({ ...ada, ...principal })

describe('a row is about those of whom all of it is true', () => {
  test.each<Partial<CallerRow>>([
    { subject: 'u-1' },
    { email: 'Ada@Example.com' },
    { domain: 'EXAMPLE.com' },
    { group: 'staff' },
    { principal: principalId(ada) },
    { issuer: 'https://login.example.com', subject: 'u-1', group: 'platform' },
  ])('%j', (about) => {
    expect(callerOf([row(about)])).toMatchObject({ name: 'row', id: principalId(ada) })
  })

  test.each<[Partial<CallerRow>, Partial<Principal>]>([
    [{ subject: 'u-1', group: 'other' }, {}],
    [{ subject: 'U-1' }, {}],
    [{ issuer: 'https://evil.test', subject: 'u-1' }, {}],
    [{ email: 'ada@example.com' }, { email: null }],
    [{ domain: 'example.com' }, { domain: 'sub.example.com' }],
    [{ domain: 'example.com' }, { domain: null }],
    [{ principal: principalId(ada) }, { subject: 'u-2' }],
    [{ principal: principalId(ada) }, { issuer: 'https://evil.test' }],
  ])('and %j is not about %j', (about, principal) => {
    expect(() => callerOf([row(about)], principal)).toThrow('No row of config/callers.yaml')
  })

  test('the first that fits counts', () => {
    const rows = [row({ subject: 'u-2' }), row({ group: 'staff', name: 'staff' }), row({ subject: 'u-1', name: 'Ada' })]
    expect(callerOf(rows).name).toBe('staff')
  })
})

test('an id is the same for ever, differs between issuers, and tells nothing', () => {
  expect(principalId(ada)).toBe(principalId({ ...ada }))
  expect(principalId(ada)).toBe('oauth_7b1888d246bec07ac79b7bc0fa2dbdd4')
  expect(principalId({ ...ada, issuer: 'https://other.test' })).not.toBe(principalId(ada))
  // No subject can be chosen so that the two together read like another pair.
  expect(principalId({ issuer: 'https://a.test', subject: 'b","c' })).not.toBe(
    principalId({ issuer: 'https://a.test","b', subject: 'c' }),
  )
})

test('a row may give one id to all whom it is about, a team and a tenant', () => {
  const rows = [row({ group: 'staff', id: 'ci', team: 'build', tenant: 'acme' })]
  expect(callerOf(rows)).toEqual({ id: 'ci', name: 'row', scope: 'use', team: 'build', tenant: 'acme' })
  expect(callerOf(rows, { subject: 'u-2' }).id).toBe('ci')
})

describe('an admin is who is one by row and by token', () => {
  const admin = [row({ subject: 'u-1', scope: 'admin' })]
  test.each<[string[], typeof admin, object]>([
    [['gateway:use', 'gateway:admin'], admin, { scope: 'admin' }],
    [['gateway:admin'], admin, { scope: 'admin' }],
    [['gateway:use'], admin, { scope: 'use', stepUp: ['gateway:use', 'gateway:admin'] }],
    [['gateway:use', 'gateway:admin'], [row({ subject: 'u-1' })], { scope: 'use' }],
  ])('scopes %j', (held, rows, expected) => {
    const { scope, stepUp } = callerOf(rows, { scopes: new Set(held) })
    expect({ scope, ...(stepUp && { stepUp }) }).toEqual(expected)
  })

  test('by the row alone where the token needs no scope', () => {
    const none = { scopes: { use: null, admin: null } }
    expect(callerOf(admin, { scopes: new Set() }, none)).toMatchObject({ scope: 'admin' })
  })
})

test('those whom no row is about come in only where that was said, and never as admins', () => {
  expect(() => callerOf([])).toThrow(principalId(ada))
  expect(callerOf([], {}, { unmapped: 'use' })).toEqual({ id: principalId(ada), name: 'without a row', scope: 'use' })
})
