import { existsSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Loose } from './loose.ts'

const service = z.strictObject({
  image: z.string(),
  build: z.strictObject({ context: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  init: z.boolean().optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  env_file: z.array(z.strictObject({ path: z.string(), required: z.boolean() })).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  // On loopback: nobody is asked for more than a key there.
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/, 'a port is published on loopback only')).optional(),
  volumes: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
  healthcheck: z.strictObject({
    test: z.array(z.string()).min(2),
    interval: z.string(),
    timeout: z.string(),
    retries: z.int(),
    start_period: z.string().optional(),
  }),
  restart: z.literal('unless-stopped'),
})

const composeSchema = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
})

interface Context {
  /** Folder of the file. */
  folder: string
  /** Variables that the gateway reads. */
  variables: ReadonlySet<string>
  prometheus: Loose
}

/** What of a compose file is not as it must be; none: it is in order. */
export const composeFaults = (yaml: unknown, { folder, variables, prometheus }: Context): string[] => {
  const read = composeSchema.safeParse(yaml)
  if (!read.success) return read.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`)
  const { services, volumes } = read.data
  const faults: string[] = []
  for (const [name, it] of Object.entries(services)) {
    if (it.build === undefined && !/:v?\d+\.\d+[\w.-]*$/.test(it.image))
      faults.push(`the image of ${name} is not pinned`)
    for (const other of Object.keys(it.depends_on ?? {}))
      if (!(other in services)) faults.push(`${name} needs ${other}, which there is not`)
    for (const volume of it.volumes ?? []) {
      const [from = '', , mode] = volume.split(':')
      if (!from.startsWith('.')) faults.push(...(from in volumes ? [] : [`${name} mounts ${from}, which is no volume`]))
      else if (!existsSync(path.join(folder, from))) faults.push(`${name} mounts ${from}, which is not there`)
      else if (mode !== 'ro') faults.push(`${name} could write to ${from}`)
    }
  }
  const { gateway } = services
  const env = gateway?.environment ?? {}
  for (const name of Object.keys(env)) if (!variables.has(name)) faults.push(`the gateway reads no ${name}`)
  if (env['AUTH_MODE'] !== 'api-key') faults.push('the gateway asks for no key')
  if (gateway?.read_only !== true || gateway.cap_drop?.[0] !== 'ALL')
    faults.push('the gateway has more rights than it needs')
  const targets = prometheus.scrape_configs.flatMap((job: Loose) =>
    job.static_configs.flatMap((it: Loose) => it.targets),
  )
  if (!targets.includes(`gateway:${env['METRICS_PORT']}`))
    faults.push(`Prometheus scrapes ${targets}, and not the gateway's port`)
  for (const address of [env['DATABASE_URL'] ?? '', env['REDIS_URL'] ?? '']) {
    const host = /[@/]([a-z]+):\d+/.exec(address)?.[1] ?? ''
    if (!(host in services) || !(host in (gateway?.depends_on ?? {})))
      faults.push(`the gateway does not wait for ${host || 'its stores'}`)
  }
  return faults
}
