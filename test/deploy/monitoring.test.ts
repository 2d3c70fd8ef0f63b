import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { gateQueries } from '../../scripts/deploy/gate-queries.ts'
import { anchorOf, runbookPage } from '../../scripts/deploy/runbook-page.ts'
import { projectRoot, startApp } from '../support/app.ts'
import type { TestApp } from '../support/app.ts'
import { ask, context, hear } from '../support/ask.ts'
import { createCloud } from './support/cloud.ts'
import { deploy } from './support/deploy.ts'
import { serveGoogleApis } from './support/google-apis.ts'
import { readQuery } from './support/promql.ts'
import { protoFaults } from './support/proto-walk.ts'
import type { MessageName } from './support/proto-walk.ts'
import type { Loose } from './support/loose.ts'

vi.setConfig({ testTimeout: 240_000 })

const folder = path.join(projectRoot, 'deploy/monitoring')
const read = (file: string): Loose => JSON.parse(readFileSync(path.join(folder, file), 'utf8'))
const files = globSync('**/*.json', { cwd: folder }).toSorted()
const runbook = readFileSync(path.join(projectRoot, 'docs/runbook.md'), 'utf8')

const kindOf = (file: string): MessageName => {
  if (file.startsWith('dashboards/')) return 'Dashboard'
  if (file.startsWith('alerts/')) return 'AlertPolicy'
  if (file.startsWith('slos/')) return 'ServiceLevelObjective'
  if (file.startsWith('log-metrics/')) return 'LogMetric'
  return file === 'uptime.json' ? 'UptimeCheckConfig' : 'Service'
}

/** Every PromQL within a value. */
const queriesIn = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(queriesIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    (key === 'prometheusQuery' || key === 'query' || key === 'expr') && typeof inner === 'string'
      ? [inner]
      : queriesIn(inner),
  )
}

/** What Cloud Run tells by itself, by the names that PromQL has for them: cloud.google.com/monitoring/api/metrics_gcp_p_z */
const platform = new Map([
  ['run_googleapis_com:request_count', ['monitored_resource', 'service_name', 'revision_name', 'response_code_class']],
  ['run_googleapis_com:container_instance_count', ['monitored_resource', 'service_name', 'revision_name', 'state']],
])
/** What the collector adds to every series. */
const added = [
  'service_name',
  'revision_name',
  'instance',
  'instanceId',
  'job',
  'namespace',
  'cluster',
  'location',
  'project_id',
]

describe.each(files)('%s', (file) => {
  test('is what Google says it is, field by field', () => {
    expect(protoFaults(kindOf(file), read(file))).toEqual([])
  })
})

describe('the figures', () => {
  let it: TestApp
  let exported: Map<string, Set<string>>
  beforeAll(async () => {
    it = await startApp({ env: { METRICS_PORT: '0' } })
    // Something of everything, so that each series is there to be scraped with its labels.
    await hear(it.app.gateway.complete(ask('Explain DNS.'), context()))
    await fetch(`${it.url}/version`)
    const listening = await it.app.metrics?.listen()
    exported = readExport(await (await fetch(`${listening?.url}/metrics`)).text())
  })
  afterAll(() => it[Symbol.asyncDispose]())

  const grafana = globSync('deploy/compose/dashboards/*.json', { cwd: projectRoot })
  const rules = globSync('deploy/compose/*.yaml', { cwd: projectRoot })
  const sources: [string, unknown][] = [
    ...files.map((file): [string, unknown] => [file, read(file)]),
    ...grafana.map((file): [string, unknown] => [file, JSON.parse(readFileSync(path.join(projectRoot, file), 'utf8'))]),
    ...rules.map((file): [string, unknown] => [file, parse(readFileSync(path.join(projectRoot, file), 'utf8'))]),
    ['the gate of deploy.sh', Object.values(gateQueries('gw-1', 10)).map((query) => ({ query }))],
  ]
  const asked = sources.flatMap(([source, value]) => queriesIn(value).map((query) => ({ source, query })))

  test('are asked for in many places', () => {
    expect(grafana.length).toBeGreaterThan(0)
    expect(asked.length).toBeGreaterThan(60)
  })

  test.each(asked)('$source: $query', ({ query }) => {
    expect(queryFaults(query, exported)).toEqual([])
  })

  test.each([
    ['a metric of another name', 'rate(http_request_total[5m])', /exports no http_request_total/],
    [
      'a histogram without its suffix',
      'rate(http_request_duration_seconds[5m])',
      /exports no http_request_duration_seconds/,
    ],
    [
      'a label that it does not have',
      'sum(rate(llm_cost_total{tenant="a"}[5m]))',
      /llm_cost_total has no label tenant/,
    ],
    ['a grouping by nothing', 'sum by (modle) (rate(llm_cost_total[5m]))', /by modle/],
    ['no PromQL', 'sum(rate(llm_cost_total[5m])', /no PromQL/],
  ])('the check finds %s', (_what, query, words) => {
    expect(queryFaults(query, exported).join('\n')).toMatch(words)
  })

  test('the log has the fields by which Cloud Logging counts', async () => {
    const source = ['events.ts', 'receipt-line.ts', 'cloud/own-logs.ts']
      .map((file) => readFileSync(path.join(projectRoot, 'src/telemetry', file), 'utf8'))
      .join('\n')
    const told = files
      .filter((file) => file.startsWith('log-metrics/'))
      .flatMap((file) => JSON.stringify(read(file)).match(/jsonPayload\.(\w+)/g) ?? [])
    expect(told.length).toBeGreaterThan(4)
    for (const field of told) expect(source, field).toMatch(new RegExp(`\\b${field.slice('jsonPayload.'.length)}[:,]`))
  })
})

describe('dashboards', () => {
  test.each(files.filter((file) => file.startsWith('dashboards/')))(
    '%s: no tile lies on another, and all within the grid',
    (file) => {
      expect(tileFaults(read(file))).toEqual([])
    },
  )

  test('the check finds tiles that overlap and one that sticks out', () => {
    const board = read('dashboards/cost.json')
    board.mosaicLayout.tiles[1].xPos = 0
    board.mosaicLayout.tiles[2].width = 48
    expect(tileFaults(board).join('\n')).toMatch(/overlap[^]*sticks out|sticks out[^]*overlap/)
  })
})

describe('alerts', () => {
  const alerts = files.filter((file) => file.startsWith('alerts/'))

  test.each(alerts)('%s has its page in the runbook, and tells its own name', (file) => {
    expect(alertFaults(file, read(file))).toEqual([])
  })

  test('every page of the runbook is for an alert', () => {
    const anchors = [...runbook.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))
    const linked = new Set(alerts.map((file) => read(file).documentation.links[0].url.split('#')[1]))
    expect(anchors.filter((anchor) => !linked.has(anchor))).toEqual(['before-anything-else', 'after-it'])
  })

  test('the check finds an alert without a page, and one with the name of another', () => {
    const lost = read('alerts/spend.json')
    lost.documentation.links[0].url = '${RUNBOOK}#spent'
    expect(alertFaults('alerts/spend.json', lost)).toHaveLength(1)
    expect(alertFaults('alerts/spend.json', read('alerts/down.json')).length).toBeGreaterThan(0)
  })

  // sre.google/workbook/alerting-on-slos: a rate of 14.4 spends 2 % of 30 days' budget in an hour, one of 6 spends 5 % in six.
  test.each([
    ['errors-fast', 14.4, 1, 0.02],
    ['errors-slow', 6, 6, 0.05],
  ])('%s fires where %d times the tolerable rate spends its share of the budget', (id, rate, hours, share) => {
    expect(rate * (hours / (30 * 24))).toBeCloseTo(share)
    const { query } = read(`alerts/${id}.json`).conditions[0].conditionPrometheusQueryLanguage
    expect(query.match(new RegExp(`> ${rate} \\* 0\\.005`, 'g'))).toHaveLength(2)
    expect(1 - read('slos/availability.json').goal).toBeCloseTo(0.005)
  })
})

describe('the walk finds', () => {
  const faults: readonly [string, MessageName, string, (json: Loose) => void][] = [
    ['an unknown field', 'Dashboard', 'dashboards/cost.json', (it) => (it.mosaicLayout.tiles[0].widget.titel = 'x')],
    ['a word that is no member of an enum', 'AlertPolicy', 'alerts/spend.json', (it) => (it.severity = 'HIGH')],
    ['a second member of a oneof', 'Dashboard', 'dashboards/cost.json', (it) => (it.gridLayout = { columns: '2' })],
    ['text where a number belongs', 'ServiceLevelObjective', 'slos/availability.json', (it) => (it.goal = '0.995')],
    ['an object where a list belongs', 'AlertPolicy', 'alerts/spend.json', (it) => (it.conditions = it.conditions[0])],
    ['a duration in minutes', 'UptimeCheckConfig', 'uptime.json', (it) => (it.period = '1m')],
    ['a region that there is not', 'UptimeCheckConfig', 'uptime.json', (it) => (it.selectedRegions[0] = 'EUROP')],
    [
      'a metric kind that there is not',
      'LogMetric',
      'log-metrics/cost.json',
      (it) => (it.metricDescriptor.metricKind = 'SUM'),
    ],
    ['a service of two kinds', 'Service', 'service.json', (it) => (it.custom = {})],
  ]
  test.each(faults)('%s (%s)', (_what, kind, file, spoil) => {
    const json = read(file)
    spoil(json)
    expect(protoFaults(kind, json)).toHaveLength(1)
  })
})

describe('apply.sh', () => {
  const script = 'deploy/monitoring/apply.sh'
  const flags = ['--project', 'acme', '--region', 'europe-west1', '--yes']

  test('puts everything in place, then brings it up to date and makes nothing twice', async () => {
    await using google = await serveGoogleApis()
    const env = {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: google.url,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: google.url,
    }
    const first = await deploy(createCloud(), [...flags, '--channel', 'projects/acme/notificationChannels/7'], {
      script,
      env,
    })
    expect(first.code, first.said).toBe(0)
    expect(google.kept.size).toBe(files.length)
    const kept = JSON.stringify([...google.kept.values()])
    expect(kept).not.toMatch(/\$\{(PROJECT|SERVICE|REGION|HOST|RUNBOOK|MAX_INSTANCES)\}/)
    const spend = [...google.kept.values()].find(({ userLabels }) => userLabels?.['ai-gateway'] === 'spend')
    expect(spend.notificationChannels).toEqual(['projects/acme/notificationChannels/7'])
    expect(spend.documentation.content).toContain(runbookPage(runbook, 'much-is-spent'))
    expect(spend.documentation.links).toBeUndefined()

    google.seen.length = 0
    const second = await deploy(createCloud(), [...flags, '--runbook', 'https://wiki.example/runbook'], { script, env })
    expect(second.code, second.said).toBe(0)
    expect(google.kept.size).toBe(files.length)
    expect(google.seen.filter(({ method }) => method === 'POST')).toEqual([])
    const again = [...google.kept.values()].find(({ userLabels }) => userLabels?.['ai-gateway'] === 'spend')
    expect(again.notificationChannels).toEqual(['projects/acme/notificationChannels/7'])
    expect(again.documentation.links[0].url).toBe('https://wiki.example/runbook#much-is-spent')
    expect(google.faults).toEqual([])
  })

  test('stops at what Google refuses, and says what it was', async () => {
    const cloud = createCloud({
      fails: ({ command }) => (command === 'auth print-access-token' ? 'not logged in' : null),
    })
    const { code, said } = await deploy(cloud, flags, { script })
    expect(code).toBe(1)
    expect(said).toMatch(/Stopped: There is no token\.\nNext: /)
  })

  test('a dry run shows every request and sends none', async () => {
    const cloud = createCloud()
    const { code, said } = await deploy(cloud, [...flags, '--dry-run'], { script })
    expect(code, said).toBe(0)
    expect(cloud.calls).toEqual([])
    expect(said.match(/^ {2}(POST|PUT) https:/gm)).toHaveLength(files.length)
  })
})

/** Labels by name of the exported samples. */
const readExport = (text: string): Map<string, Set<string>> => {
  const found = new Map<string, Set<string>>()
  for (const [, name = '', kind] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm))
    for (const suffix of kind === 'histogram' ? ['_bucket', '_sum', '_count'] : [''])
      found.set(name + suffix, new Set([...(suffix === '_bucket' ? ['le'] : []), ...labelsOf(name)]))
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/gm))
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) found.get(name)?.add(label)
  return found
}

/** Labels of a metric as docs/metrics.md has them, which a test of its own holds against the code. */
const catalogue = readFileSync(path.join(projectRoot, 'docs/metrics.md'), 'utf8')
const labelsOf = (name: string): string[] => {
  const row = new RegExp(`^\\| \`${name}\` \\| \\w+ \\| (.*?) \\|`, 'm').exec(catalogue)?.[1] ?? ''
  return [...row.matchAll(/`(\w+)`/g)].map(([, label = '']) => label)
}

const queryFaults = (query: string, exported: ReadonlyMap<string, ReadonlySet<string>>): string[] => {
  const { errors, selectors, grouping } = readQuery(query)
  if (errors.length > 0) return [`no PromQL at ${errors.join(', ')}`]
  const known = selectors.map(
    ({ metric }) => new Set([...(exported.get(metric) ?? platform.get(metric) ?? []), ...added]),
  )
  return [
    ...selectors
      .filter(({ metric }) => !exported.has(metric) && !platform.has(metric))
      .map(({ metric }) => `the gateway exports no ${metric}`),
    ...selectors.flatMap(({ metric, labels }, index) =>
      labels.filter((label) => !known[index]?.has(label)).map((label) => `${metric} has no label ${label}`),
    ),
    ...grouping
      .filter((label) => !known.some((labels) => labels.has(label)))
      .map((label) => `nothing is grouped by ${label}`),
  ]
}

const tileFaults = ({ mosaicLayout: { columns, tiles } }: Loose): string[] =>
  tiles.flatMap((tile: Loose, index: number) => [
    ...((tile.xPos ?? 0) + tile.width > columns ? [`tile ${index} sticks out`] : []),
    ...tiles
      .slice(index + 1)
      .flatMap((other: Loose, after: number) =>
        overlaps(tile, other) ? [`tiles ${index} and ${index + 1 + after} overlap`] : [],
      ),
  ])

const overlaps = (a: Loose, b: Loose): boolean =>
  (a.xPos ?? 0) < (b.xPos ?? 0) + b.width &&
  (b.xPos ?? 0) < (a.xPos ?? 0) + a.width &&
  (a.yPos ?? 0) < (b.yPos ?? 0) + b.height &&
  (b.yPos ?? 0) < (a.yPos ?? 0) + a.height

const alertFaults = (file: string, alert: Loose): string[] => {
  const id = path.basename(file, '.json')
  const { subject, links, content } = alert.documentation
  const anchor = links[0].url.split('#')[1]
  return [
    ...(alert.userLabels['ai-gateway'] === id ? [] : [`it is labelled ${alert.userLabels['ai-gateway']}`]),
    ...(anchor === anchorOf(subject) ? [] : [`its page is #${anchor}`]),
    ...(runbookPage(runbook, anchor) === null && anchor === anchorOf(subject)
      ? [`docs/runbook.md has no page #${anchor}`]
      : []),
    // Cloud Monitoring's bound of an alert's documentation.
    ...(content.length + (runbookPage(runbook, anchor) ?? '').length > 8_000 ? ['too long for a notification'] : []),
  ]
}
