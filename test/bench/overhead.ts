// What this gateway adds to a call, against the same upstream called directly, a bare proxy and @portkey-ai/gateway.
//   node test/bench/overhead.ts [--json] [--alone] [--rounds N] [--ms N] [--callers 1,32,256] [--deeds plain,stream,hit] [--profile]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { claimsOf } from './overhead/claims.ts'
import { deeds } from './overhead/contender.ts'
import type { Contender } from './overhead/contender.ts'
import { direct, startOurs, startPortkey, startProxy, startScript } from './overhead/contenders.ts'
import { measure } from './overhead/measure.ts'
import { readProfiles } from './overhead/profile.ts'
import { report } from './overhead/report.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    /** Without @portkey-ai/gateway. */
    alone: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    /** How long each contender is asked in each round. */
    ms: { type: 'string', default: '1500' },
    callers: { type: 'string', default: '1,32,256' },
    deeds: { type: 'string', default: deeds.join(',') },
    /** Only this gateway, and where its time goes. */
    profile: { type: 'boolean', default: false },
  },
})
const plan = {
  deeds: deeds.filter((deed) => values.deeds.split(',').includes(deed)),
  concurrency: values.callers.split(',').map(Number),
  rounds: Number(values.rounds),
  durationMs: Number(values.ms),
}

await using resources = new AsyncDisposableStack()
const upstream = resources.use(await startScript('upstream.ts'))

if (values.profile) {
  const folder = mkdtempSync(path.join(tmpdir(), 'profile-'))
  resources.defer(() => rmSync(folder, { recursive: true }))
  {
    await using ours = await startOurs(upstream.url, ['--cpu-prof', `--cpu-prof-dir=${folder}`])
    await measure([ours.http], plan)
  }
  const profile = readProfiles(folder)
  process.stdout.write(values.json ? `${JSON.stringify(profile)}\n` : profile.map(({ line }) => `${line}\n`).join(''))
} else {
  const portkey: Contender | null = values.alone
    ? null
    : await startPortkey(upstream.url).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
        process.stderr.write(`@portkey-ai/gateway could not be installed or started, so it is left out: ${reason}\n`)
        return null
      })
  if (portkey) resources.use(portkey)
  const plainest = direct(upstream.url)
  const proxy = resources.use(await startProxy(upstream.url))
  const ours = resources.use(await startOurs(upstream.url))

  const cells = await measure([plainest, proxy, ours.http, ours.mcp, ...(portkey ? [portkey] : [])], plan)
  const names = {
    upstream: plainest.name,
    proxy: proxy.name,
    ours: ours.http.name,
    mcp: ours.mcp.name,
    portkey: portkey?.name ?? null,
  }
  const claims = claimsOf(cells, names)
  const about = {
    madeOn: new Date().toISOString().slice(0, 10),
    node: process.version,
    ...plan,
    readyMs: Math.round(ours.readyMs),
  }
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ about, claims, cells })}\n`
      : `${JSON.stringify(about)}\n\n${report(claims, cells)}\n`,
  )
}
