import { expect, test } from 'vitest'
import { claimsOf } from './overhead/claims.ts'
import { deeds } from './overhead/contender.ts'
import { direct, startOurs, startProxy, startScript } from './overhead/contenders.ts'
import { measure } from './overhead/measure.ts'
import { report } from './overhead/report.ts'

test('the overhead bench asks everything of everybody and compares them', async () => {
  await using upstream = await startScript('upstream.ts')
  await using proxy = await startProxy(upstream.url)
  await using ours = await startOurs(upstream.url)
  const plainest = direct(upstream.url)

  const cells = await measure([plainest, proxy, ours.http, ours.mcp], {
    deeds,
    concurrency: [1],
    rounds: 1,
    durationMs: 50,
  })
  expect(cells.map(({ deed, runs }) => [deed, Object.keys(runs).length])).toEqual([
    ['plain', 4],
    ['stream', 4],
    ['hit', 3],
  ])
  for (const { runs } of cells) for (const [run] of Object.values(runs)) expect(run?.requests).toBeGreaterThan(0)

  const names = { upstream: plainest.name, proxy: proxy.name, ours: ours.http.name, mcp: ours.mcp.name, portkey: null }
  const claims = claimsOf(cells, names)
  expect(claims).toHaveLength(3)
  expect(report(claims, cells)).toContain('| 1 | bare proxy |')
}, 60_000)
