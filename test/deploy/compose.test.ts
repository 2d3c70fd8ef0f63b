import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { describeVariables } from '../../src/config/env.ts'
import { projectRoot } from '../support/app.ts'
import { serve } from '../support/process.ts'
import { composeFaults } from './support/compose-rules.ts'
import type { Loose } from './support/loose.ts'

vi.setConfig({ testTimeout: 180_000 })

const folder = path.join(projectRoot, 'deploy')
const read = (file: string): Loose => parse(readFileSync(path.join(folder, file), 'utf8'))
const prometheus = read('compose/prometheus.yaml')
const context = {
  folder,
  variables: new Set(describeVariables().map(({ name }) => name)),
  prometheus,
}

describe('compose.yaml', () => {
  test('keeps the rules', () => {
    expect(composeFaults(read('compose.yaml'), context)).toEqual([])
  })

  const faults: readonly [string, (it: Loose) => void, RegExp][] = [
    ['an unknown field', (it) => (it.services.redis.comand = []), /Unrecognized key/],
    ['an image that is not pinned', (it) => (it.services.redis.image = 'redis:alpine'), /redis is not pinned/],
    ['a port that the network reaches', (it) => (it.services.gateway.ports = ['8080:8080']), /loopback only/],
    [
      'a port for the figures that is not scraped',
      (it) => (it.services.gateway.environment.METRICS_PORT = '9465'),
      /not the gateway's port/,
    ],
    ['a variable that nobody reads', (it) => (it.services.gateway.environment.REDIS = 'x'), /reads no REDIS/],
    ['nobody asked for a key', (it) => (it.services.gateway.environment.AUTH_MODE = 'none'), /asks for no key/],
    [
      'a store that is not waited for',
      (it) => delete it.services.gateway.depends_on.postgres,
      /does not wait for postgres/,
    ],
    [
      'a file that is not there',
      (it) => (it.services.prometheus.volumes[0] = './compose/prom.yaml:/x:ro'),
      /which is not there/,
    ],
    ['a volume that is not there', (it) => delete it.volumes.grafana, /no volume/],
    ['a container without a health check', (it) => delete it.services.redis.healthcheck, /healthcheck/],
    ['a gateway that may write', (it) => delete it.services.gateway.read_only, /more rights/],
  ]
  test.each(faults)('its check finds %s', (_what, spoil, words) => {
    const it = read('compose.yaml')
    spoil(it)
    expect(composeFaults(it, context).join('\n')).toMatch(words)
  })

  test('lets in the key that it names, and asks for it', async () => {
    const { environment } = read('compose.yaml').services.gateway
    const [, fallback = ''] = /:-([^}]+)\}/.exec(environment.API_KEY_HASHES) ?? []
    expect(fallback.split(':').at(-1)).toBe(createHash('sha256').update('gw_compose').digest('hex'))
    const { DATA_DIR: _disk, DATABASE_URL: _postgres, REDIS_URL: _redis, METRICS_PORT: _port, ...env } = environment
    await using gateway = await serve({ ...env, API_KEY_HASHES: fallback, PROVIDERS: 'sandbox', DATA_DIR: ':memory:' })
    const url = `${gateway.url.replace('0.0.0.0', '127.0.0.1')}/v1/models`
    expect((await fetch(url, { headers: { authorization: 'Bearer gw_compose' } })).status).toBe(200)
    expect((await fetch(url)).status).toBe(401)
  })
})

describe('its Prometheus and Grafana', () => {
  const alerts = () => read('compose/rules.yaml').groups[0].rules

  test('Prometheus has the alerts of Cloud Monitoring that need nothing of Google', () => {
    const seen = new Map(alerts().map((rule: Loose) => [rule.alert, rule]))
    for (const id of [
      'errors-fast',
      'errors-slow',
      'not-ready',
      'receipts-lost',
      'provider-out',
      'provider-failing',
      'queueing',
      'slow-first-token',
      'spend',
      'unpriced',
      'cache-collapse',
      'stores-slow',
      'redis-away',
      'logs-unwritten',
      'shedding',
    ]) {
      const alert = JSON.parse(readFileSync(path.join(folder, `monitoring/alerts/${id}.json`), 'utf8'))
      const { query, duration, alertRule } = alert.conditions[0].conditionPrometheusQueryLanguage
      const { url } = alert.documentation.links[0]
      expect(seen.get(alertRule)).toMatchObject({
        expr: query,
        for: duration,
        labels: { severity: alert.severity.toLowerCase() },
        annotations: { runbook: `docs/runbook.md${url.replace('${RUNBOOK}', '')}` },
      })
      seen.delete(alertRule)
    }
    expect([...seen.keys()]).toEqual([])
  })

  test('the dashboard is where Grafana looks, and asks the source that there is', () => {
    const { services } = read('compose.yaml')
    const [source] = read('compose/grafana-datasources.yaml').datasources
    const [provider] = read('compose/grafana-dashboards.yaml').providers
    const mounted = services.grafana.volumes.map((volume: string) => volume.split(':')[1])
    expect(mounted).toContain(provider.options.path)
    const dashboard = JSON.parse(readFileSync(path.join(folder, 'compose/dashboards/gateway.json'), 'utf8'))
    expect(new Set(dashboard.panels.map((panel: Loose) => panel.datasource.uid))).toEqual(new Set([source.uid]))
    expect(new Set(dashboard.panels.map(({ id }: Loose) => id)).size).toBe(dashboard.panels.length)
    const places = dashboard.panels.map(({ gridPos }: Loose) => `${gridPos.x} ${gridPos.y}`)
    expect(new Set(places).size).toBe(places.length)
    expect(source.url).toBe('http://prometheus:9090')
  })
})
