import { z } from 'zod'

/** How a Cloud Run service of ours looks, and what else must hold. Unknown fields are faults: Cloud Run would refuse them. */

const probe = z
  .strictObject({
    httpGet: z.strictObject({ path: z.string(), port: z.number() }),
    periodSeconds: z.int().min(1).max(240),
    timeoutSeconds: z.int().min(1),
    failureThreshold: z.int().min(1),
  })
  .refine(({ periodSeconds, timeoutSeconds }) => timeoutSeconds <= periodSeconds, 'a probe times out within its period')

const variable = z
  .strictObject({
    name: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
    value: z.string().optional(),
    valueFrom: z
      .strictObject({
        // A number: what "latest" means changes under a running revision.
        secretKeyRef: z.strictObject({
          name: z.string(),
          key: z.string().regex(/^\d+$/, 'a secret is pinned by number'),
        }),
      })
      .optional(),
  })
  .refine(({ value, valueFrom }) => (value === undefined) !== (valueFrom === undefined), 'a value or a secret')

const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  ports: z.array(z.strictObject({ name: z.literal('http1'), containerPort: z.number() })).optional(),
  env: z.array(variable).optional(),
  resources: z.strictObject({ limits: z.strictObject({ cpu: z.string(), memory: z.string() }) }),
  startupProbe: probe.optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string() })).optional(),
})

const labels = z.record(z.string(), z.string())
const share = z.strictObject({ revisionName: z.string(), percent: z.int().min(0).max(100), tag: z.string().optional() })

const serviceSchema = z.strictObject({
  apiVersion: z.literal('serving.knative.dev/v1'),
  kind: z.literal('Service'),
  metadata: z.strictObject({ name: z.string().max(29), labels, annotations: labels }),
  spec: z.strictObject({
    template: z.strictObject({
      metadata: z.strictObject({ name: z.string().max(63), labels, annotations: labels }),
      spec: z.strictObject({
        serviceAccountName: z.string().endsWith('.iam.gserviceaccount.com'),
        containerConcurrency: z.int().min(1).max(1000),
        timeoutSeconds: z.int().min(1).max(3600),
        containers: z.array(container).min(2),
        volumes: z.array(
          z.strictObject({
            name: z.string(),
            secret: z.strictObject({
              secretName: z.string(),
              items: z.array(z.strictObject({ key: z.string().regex(/^\d+$/), path: z.string() })),
            }),
          }),
        ),
      }),
    }),
    traffic: z.array(share).optional(),
  }),
})

type Service = z.infer<typeof serviceSchema>
type Container = z.infer<typeof container>

/** What the rules are held against: the gateway as it is. */
export interface Known {
  /** Paths that answer without a key. */
  probePaths: ReadonlySet<string>
  /** Variables that the gateway reads. */
  variables: ReadonlySet<string>
  /** Port of run-monitoring.yaml. */
  scrapedPort: number
  /** Annotations that Cloud Run takes, and where. */
  annotations: ReadonlyMap<string, string>
}

/** Every way in which a rendered service breaks the rules; none: it is in order. */
export const serviceFaults = (yaml: unknown, known: Known): string[] => {
  const read = serviceSchema.safeParse(yaml)
  if (!read.success) return read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  const service = read.data
  return [
    ...annotationFaults(service, known),
    ...guardFaults(service),
    ...containerFaults(service, known),
    ...secretFaults(service),
    ...trafficFaults(service),
  ]
}

const envOf = ({ env = [] }: Container): Map<string, string | undefined> =>
  new Map(env.map(({ name, value }) => [name, value]))

function* annotationFaults({ metadata, spec }: Service, { annotations }: Known): Generator<string> {
  const places = [
    { scope: 'Service', given: metadata.annotations },
    { scope: 'Revision', given: spec.template.metadata.annotations },
  ]
  for (const { scope, given } of places)
    for (const name of Object.keys(given))
      if (!annotations.get(name)?.includes(scope)) yield `${name} is no annotation of a ${scope}`
  const bounds = [
    metadata.annotations['run.googleapis.com/minScale'],
    metadata.annotations['run.googleapis.com/maxScale'],
  ]
  if (bounds.some((bound) => !/^\d+$/.test(bound ?? ''))) yield 'the number of instances has no bounds'
}

/** A service that anybody reaches asks for a key or a token; one behind IAP knows who IAP is. */
function* guardFaults({ metadata, spec }: Service): Generator<string> {
  const env = envOf(spec.template.spec.containers[0] ?? ({ env: [] } as unknown as Container))
  const mode = env.get('AUTH_MODE')
  if (mode !== 'api-key' && mode !== 'oauth') yield `AUTH_MODE is ${mode ?? 'not set'}`
  const isIap = metadata.annotations['run.googleapis.com/iap-enabled'] === 'true'
  if (isIap !== (env.get('OAUTH_VERIFIER') === 'iap'))
    yield 'IAP is on and the gateway does not verify it, or the other way about'
  if (isIap && metadata.annotations['run.googleapis.com/invoker-iam-disabled'] !== 'false')
    yield 'IAP can be walked around'
}

function* containerFaults({ spec }: Service, known: Known): Generator<string> {
  const { containers, volumes } = spec.template.spec
  const facing = containers.filter(({ ports }) => ports !== undefined)
  const [gateway] = facing
  if (facing.length !== 1 || gateway === undefined) return yield 'exactly one container takes requests'
  const port = gateway.ports?.[0]?.containerPort
  if (!/@sha256:[0-9a-f]{64}$/.test(gateway.image)) yield `${gateway.image} is not pinned by digest`
  for (const { name, image } of containers)
    if (!/@sha256:[0-9a-f]{64}$|:[\w.-]*\d[\w.-]*$/.test(image)) yield `the image of ${name} is not pinned`
  for (const kind of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
    const asked = gateway[kind]
    if (asked === undefined) yield `there is no ${kind}`
    else if (!known.probePaths.has(asked.httpGet.path))
      yield `${kind} asks ${asked.httpGet.path}, which the gateway does not answer`
    else if (asked.httpGet.port !== port) yield `${kind} asks another port than the gateway's`
  }
  if (gateway.livenessProbe?.httpGet.path === '/ready') yield 'a store that is away must not kill the gateway'
  const { startupProbe: start } = gateway
  if (start && start.periodSeconds * start.failureThreshold > 240)
    yield 'Cloud Run waits four minutes for a start at most'
  const env = envOf(gateway)
  for (const name of env.keys()) if (!known.variables.has(name)) yield `the gateway reads no ${name}`
  if (env.has('PORT')) yield 'PORT is set by Cloud Run'
  if (env.get('HOST') !== '0.0.0.0') yield 'requests come from outside the container'
  if (Number(env.get('METRICS_PORT')) !== known.scrapedPort) yield 'the collector scrapes another port'
  if (env.has('METRICS_HOST')) yield 'the figures are for this instance alone'
  const names = new Set(volumes.map(({ name }) => name))
  for (const { name, volumeMounts = [] } of containers)
    for (const mount of volumeMounts)
      if (!names.has(mount.name)) yield `${name} mounts ${mount.name}, which is no volume`
}

function* secretFaults({ spec }: Service): Generator<string> {
  for (const { env = [] } of spec.template.spec.containers)
    for (const { name, value } of env)
      if (value !== undefined && /_KEY$|_TOKEN$|_PASSWORD$|_SECRET$|_HASHES$|^DATABASE_URL$|^REDIS_URL$/.test(name))
        yield `${name} is a secret and stands in the open`
}

function* trafficFaults({ spec }: Service): Generator<string> {
  const { traffic, template } = spec
  if (traffic === undefined) return
  if (traffic.reduce((sum, { percent }) => sum + percent, 0) !== 100) yield 'the shares are not 100 % together'
  const fresh = traffic.find(({ revisionName }) => revisionName === template.metadata.name)
  if (fresh === undefined || fresh.percent !== 0 || fresh.tag === undefined)
    yield 'the new revision must have a tag and no traffic'
}
