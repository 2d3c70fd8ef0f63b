import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { projectRoot } from '../../support/app.ts'

const step = z.strictObject({
  id: z.string(),
  // A version, or one of Google's own builders, which have none.
  name: z.string(),
  entrypoint: z.string().optional(),
  args: z.array(z.string()),
  env: z.array(z.string().regex(/^[A-Z_]+=/)).optional(),
  waitFor: z.array(z.string()).optional(),
})

const buildSchema = z.strictObject({
  substitutions: z.record(z.string().regex(/^_[A-Z0-9_]+$/, 'names of ours begin with _'), z.string()),
  steps: z.array(step).min(1),
  images: z.array(z.string()).length(1),
  options: z.strictObject({
    requestedVerifyOption: z.literal('VERIFIED', { error: 'the image must have provenance' }),
    logging: z.literal('CLOUD_LOGGING_ONLY'),
    machineType: z.string(),
    dynamicSubstitutions: z.literal(true),
  }),
  timeout: z.string().regex(/^\d+s$/),
})

type Build = z.infer<typeof buildSchema>

/** cloud.google.com/build/docs/configuring-builds/substitute-variable-values: those that manual builds have, too. */
const always = ['PROJECT_ID', 'PROJECT_NUMBER', 'BUILD_ID', 'LOCATION', 'SERVICE_ACCOUNT']

/** What of the build is not as it must be; none: it is in order. */
export const buildFaults = (yaml: unknown, scripts: Readonly<Record<string, string>>): string[] => {
  const read = buildSchema.safeParse(yaml)
  if (!read.success) return read.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`)
  return [...orderFaults(read.data), ...substitutionFaults(read.data), ...stepFaults(read.data, scripts)]
}

/** Everything that a step waits for, and they for. */
const before = ({ steps }: Build, id: string): Set<string> => {
  const found = new Set<string>()
  const visit = (name: string): void => {
    for (const earlier of steps.find((it) => it.id === name)?.waitFor ?? []) {
      if (found.has(earlier)) continue
      found.add(earlier)
      visit(earlier)
    }
  }
  visit(id)
  return found
}

function* orderFaults(build: Build): Generator<string> {
  const seen = new Set(['-'])
  for (const { id, waitFor = [] } of build.steps) {
    for (const earlier of waitFor) if (!seen.has(earlier)) yield `${id} waits for ${earlier}, which is no earlier step`
    seen.add(id)
  }
  const needed: Readonly<Record<string, readonly string[]>> = {
    push: ['install', 'check', 'shellcheck', 'build', 'image-test'],
    deploy: ['push', 'check', 'image-test'],
  }
  for (const [id, earlier] of Object.entries(needed)) {
    const done = before(build, id)
    for (const name of earlier) if (!done.has(name)) yield `${id} does not wait for ${name}`
  }
}

function* substitutionFaults({ substitutions, steps, images }: Build): Generator<string> {
  const texts = [...steps.flatMap(({ args, name }) => [name, ...args]), ...images, ...Object.values(substitutions)]
  const used = new Set(
    texts.flatMap((text) =>
      [...text.replaceAll('$$', '').matchAll(/\$\{?([A-Z_][A-Z0-9_]*)/g)].map(([, name = '']) => name),
    ),
  )
  const known = new Set([...always, ...Object.keys(substitutions)])
  for (const name of used) if (!known.has(name)) yield `nobody says what $${name} is`
  for (const name of Object.keys(substitutions)) if (!used.has(name)) yield `${name} is used nowhere`
}

function* stepFaults({ steps, images }: Build, scripts: Readonly<Record<string, string>>): Generator<string> {
  for (const { id, name, entrypoint, args } of steps) {
    if (!name.startsWith('gcr.io/cloud-builders/') && (!/:[\w.-]*\d[\w.-]*$/.test(name) || name.endsWith(':latest')))
      yield `the image of ${id} is not pinned`
    const [verb, script = ''] = args
    if (entrypoint === 'npm' && verb === 'run' && !(script in scripts)) yield `${id} runs ${script}, which is no script`
    for (const file of args.join(' ').match(/\b(?:deploy|scripts)\/[\w./-]+\.(?:sh|mjs|ts)\b/g) ?? []) {
      const at = path.join(projectRoot, file)
      if (!existsSync(at)) yield `${id} needs ${file}, which is not there`
      else if (id === 'deploy' && (statSync(at).mode & 0o111) === 0) yield `${file} cannot be run`
    }
  }
  const pushed = steps.find(({ id }) => id === 'push')?.args.at(-1)
  if (pushed !== images[0]) yield `what is pushed (${pushed}) is not what has provenance (${images[0]})`
}
