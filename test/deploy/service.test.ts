import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { describeVariables, providerVariables } from '../../src/config/env.ts'
import { loadConfig } from '../../src/config/config.ts'
import { isProbePath } from '../../src/http/pages.ts'
import { projectRoot } from '../support/app.ts'
import { serve } from '../support/process.ts'
import { render, renderText, usualFlags, usualValues } from './support/render.ts'
import { serviceFaults } from './support/service-rules.ts'
import type { Known } from './support/service-rules.ts'
import { typeFaults } from './support/type-faults.ts'
import type { Loose } from './support/loose.ts'

vi.setConfig({ testTimeout: 120_000 })

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8')

/** Cloud Run's annotations, as Google's types describe them: `name: Service, Revision.` */
const annotations = new Map(
  [
    ...(
      /In Cloud Run, annotations with[^\n]*/.exec(read('node_modules/@googleapis/run/build/v1.d.ts'))?.[0] ?? ''
    ).matchAll(/`([\w./-]+)`: ([\w, ]+)/g),
  ].map(([, name = '', scopes = '']) => [name, scopes]),
)

const runMonitoring: Loose = parse(read('deploy/run-monitoring.yaml'))
const known: Known = {
  probePaths: new Set(['/startup', '/live', '/ready'].filter(isProbePath)),
  variables: new Set([
    ...describeVariables().map(({ name }) => name),
    ...loadConfig({ root: projectRoot, env: {} }).knownProviders.flatMap((row) => {
      const { apiKeys, baseUrl } = providerVariables({ id: row.id, local: false, key_env: [] })
      return [...apiKeys, baseUrl]
    }),
  ]),
  scrapedPort: runMonitoring.spec.endpoints[0].port,
  // Newer than the types, and known to gcloud: cloud.google.com/run/docs/securing/identity-aware-proxy-cloud-run
  annotations: new Map([...annotations, ['run.googleapis.com/iap-enabled', 'Service']]),
}

const iap = {
  ...usualValues,
  INVOKER_CHECK_OFF: 'false',
  IAP_ENABLED: 'true',
  AUTH_MODE: 'oauth',
  OAUTH_VERIFIER: 'iap',
  OAUTH_AUDIENCE: '/projects/424242/locations/europe-west1/services/ai-gateway',
}
const small = {
  ...usualValues,
  CLOUDSQL_INSTANCE: '',
  NETWORK_INTERFACES: '',
  VPC_EGRESS: '',
  OTLP_ENDPOINT: '',
  DATA_DIR: ':memory:',
  MAX_INSTANCES: '1',
}
const update = [...usualFlags, '--previous=ai-gateway-1', '--tag=candidate']
const rendered = [
  ['with everything', usualValues, usualFlags],
  ['behind IAP', iap, usualFlags],
  ['without a database', small, ['--env=PROVIDERS=sandbox', '--secret=API_KEY_HASHES=hashes:1']],
  ['as an update', usualValues, update],
] as const

describe('service.yaml', () => {
  test.each(rendered)('%s keeps the rules', (_what, values, flags) => {
    expect(known.annotations.size).toBeGreaterThan(30)
    expect(serviceFaults(render(values, flags), known)).toEqual([])
  })

  test.each(rendered)("%s is what Google's types say a service is", async (_what, values, flags) => {
    expect(await serviceTypeFaults(render(values, flags))).toBe('')
  })

  test("Google's types know a field that is none, and a number where text belongs", async () => {
    const wrong = render()
    wrong.spec.template.spec.containers[0].livenessProb = {}
    expect(await serviceTypeFaults(wrong)).toContain('livenessProb')
    const number = render()
    number.metadata.annotations['run.googleapis.com/maxScale'] = 10
    expect(await serviceTypeFaults(number)).toContain("Type 'number' is not assignable to type 'string'")
  })

  test('leaves out what is empty, and keeps nothing that was not filled in', () => {
    const text = renderText(small, [])
    expect(text).not.toMatch(/cloudsql-instances|network-interfaces|OTEL_EXPORTER|OAUTH_/)
    expect(text.replaceAll(/^#.*$/gm, '')).not.toContain('${')
  })

  test.each([
    [
      'a value that nobody set',
      Object.fromEntries(Object.entries(usualValues).filter(([name]) => name !== 'IMAGE')),
      [],
      /nobody says what \$\{IMAGE\} is/,
    ],
    ['a value that nobody uses', { ...usualValues, IMGAE: 'x' }, [], /no place for IMGAE/],
    ['a secret without a version', usualValues, ['--secret=A=b'], /NAME=secret:version/],
  ])('is not rendered with %s', (_what, values, flags, words) => {
    expect(() => renderText(values, flags)).toThrow(words)
  })

  const faults: readonly [string, (service: Loose) => void, RegExp][] = [
    ['an image that is not pinned', (it) => (gatewayOf(it).image = 'gateway:latest'), /not pinned by digest/],
    [
      'a probe of a path that is not there',
      (it) => (gatewayOf(it).startupProbe.httpGet.path = '/healthz'),
      /asks \/healthz/,
    ],
    ['no startup probe', (it) => delete gatewayOf(it).startupProbe, /no startupProbe/],
    ['a liveness that asks the stores', (it) => (gatewayOf(it).livenessProbe.httpGet.path = '/ready'), /must not kill/],
    ['a probe of the wrong port', (it) => (gatewayOf(it).readinessProbe.httpGet.port = 80), /another port/],
    [
      'a probe that outlasts its period',
      (it) => (gatewayOf(it).livenessProbe.timeoutSeconds = 31),
      /within its period/,
    ],
    ['a start that may take too long', (it) => (gatewayOf(it).startupProbe.failureThreshold = 300), /four minutes/],
    [
      'a key in the open',
      (it) => gatewayOf(it).env.push({ name: 'XAI_API_KEY', value: 'xai-1' }),
      /stands in the open/,
    ],
    [
      'a secret that changes under it',
      (it) => (gatewayOf(it).env.at(-2).valueFrom.secretKeyRef.key = 'latest'),
      /pinned by number/,
    ],
    [
      'a variable that nobody reads',
      (it) => gatewayOf(it).env.push({ name: 'METRIC_PORT', value: '1' }),
      /reads no METRIC_PORT/,
    ],
    ['nobody asked for a key', (it) => (variableOf(it, 'AUTH_MODE').value = 'none'), /AUTH_MODE is none/],
    [
      'IAP that the gateway does not know',
      (it) => (it.metadata.annotations['run.googleapis.com/iap-enabled'] = 'true'),
      /IAP is on/,
    ],
    [
      'an annotation with a slip',
      (it) => (it.metadata.annotations['run.googleapis.com/min-scale'] = '0'),
      /min-scale is no annotation/,
    ],
    [
      'an annotation in the wrong place',
      (it) => (it.metadata.annotations['run.googleapis.com/cpu-throttling'] = 'false'),
      /no annotation of a Service/,
    ],
    ['an unknown field', (it) => (gatewayOf(it).workDir = '/'), /Unrecognized key/],
    [
      'two containers that take requests',
      (it) => (it.spec.template.spec.containers[1].ports = gatewayOf(it).ports),
      /exactly one container/,
    ],
    ['figures on another port', (it) => (variableOf(it, 'METRICS_PORT').value = '9465'), /scrapes another port/],
    ['a mount of nothing', (it) => (it.spec.template.spec.volumes = []), /no volume/],
    ['too long a timeout', (it) => (it.spec.template.spec.timeoutSeconds = 7200), /timeoutSeconds/],
    ['no bound of instances', (it) => delete it.metadata.annotations['run.googleapis.com/maxScale'], /no bounds/],
    ['traffic for a revision unseen', (it) => Object.assign(it.spec.traffic[1], { percent: 100 }), /100 % together/],
  ]
  test.each(faults)('its check finds %s', (_what, spoil, words) => {
    const service = render(usualValues, update)
    spoil(service)
    expect(serviceFaults(service, known).join('\n')).toMatch(words)
  })
})

describe('the rendered environment', () => {
  test('starts a gateway that answers its probes, and shows its figures where the collector looks', async () => {
    const service = render(small, ['--env=PROVIDERS=sandbox', `--env=API_KEY_HASHES=${'a'.repeat(64)}`])
    const { env, startupProbe, livenessProbe, readinessProbe } = gatewayOf(service)
    const given = Object.fromEntries(env.map((it: Loose) => [it.name, it.value]))
    await using gateway = await serve({ ...given, METRICS_PORT: '0', K_SERVICE: 'ai-gateway' })
    const url = gateway.url.replace('0.0.0.0', '127.0.0.1')
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe])
      expect((await fetch(url + httpGet.path, { headers: { host: '169.254.1.1' } })).status, httpGet.path).toBe(200)
    expect((await fetch(`${url}/v1/models`)).status).toBe(401)
    await expect.poll(() => gateway.stdout()).toMatch(/metrics on http:\/\/127\.0\.0\.1:\d+\/metrics/)
    const scraped = /metrics on (\S+)"/.exec(gateway.stdout())?.[1] ?? ''
    expect(new URL(scraped).pathname).toBe(runMonitoring.spec.endpoints[0].path)
    expect((await fetch(scraped)).status).toBe(200)
  })
})

const serviceTypeFaults = (service: unknown): Promise<string> =>
  typeFaults(service, 'run_v1.Schema$Service', '@googleapis/run/build/v1.d.ts')

const gatewayOf = (service: Loose) => service.spec.template.spec.containers[0]
const variableOf = (service: Loose, wanted: string) => gatewayOf(service).env.find(({ name }: Loose) => name === wanted)
