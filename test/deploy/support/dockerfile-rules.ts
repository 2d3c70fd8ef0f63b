import { DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { readStages } from '../../image/steps.ts'
import type { Stage, Step } from '../../image/steps.ts'

/** Of the other bases, an addon that was built with a newer C library would not load. */
const debian = /(?:trixie|debian13)/
/** A version of Node, or a digest; never what "latest" is that day. */
const pinned = /@sha256:[0-9a-f]{64}$|(?:^|\/)(?:node:24-|nodejs24-)/
const secret = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i

/** What of the Dockerfile is not as it must be; none: it is in order. */
export const dockerfileFaults = (text: string): string[] => {
  const wrong = validate(text).map(({ message, range }) => `line ${range.start.line + 1}: ${JSON.stringify(message)}`)
  if (wrong.length > 0) return wrong
  const unread = DockerfileParser.parse(text)
    .getInstructions()
    .map((it) => it.getKeyword())
    .filter((keyword) => ['ADD', 'ARG', 'SHELL', 'VOLUME', 'HEALTHCHECK', 'ONBUILD'].includes(keyword))
  if (unread.length > 0) return unread.map((keyword) => `${keyword} has no place in this image`)
  const stages = readStages(text)
  return [...baseFaults(stages), ...stages.flatMap((stage) => [...stageFaults(stage)]), ...runtimeFaults(stages)]
}

function* baseFaults(stages: readonly Stage[]): Generator<string> {
  const known = new Set<string>()
  for (const { name, base, steps } of stages) {
    if (!known.has(base)) {
      if (!pinned.test(base) || base.includes(':latest')) yield `${base} is not pinned to Node 24`
      if (!debian.test(base)) yield `${base} is not Debian 13`
    }
    for (const step of steps)
      if (step.kind === 'copy' && step.from !== null && !known.has(step.from))
        yield `no stage before ${name} is ${step.from}`
    known.add(name)
  }
}

function* stageFaults({ name, steps }: Stage): Generator<string> {
  for (const step of steps) {
    if (step.kind === 'copy' && step.from === null && step.sources.includes('.')) yield `${name} copies everything`
    if (step.kind === 'env')
      for (const variable of Object.keys(step.variables))
        if (secret.test(variable)) yield `${variable} would be in the image`
    if (step.kind === 'run') yield* runFaults([step.command].flat().join(' '))
  }
}

function* runFaults(command: string): Generator<string> {
  if (/\bnpm (?:i|install)\b/.test(command)) yield 'npm install takes what the lock does not name'
  if (/\bnpm ci\b/.test(command) && !command.includes('--ignore-scripts')) yield "npm ci runs strangers' scripts"
  if (/\b(?:curl|wget)\b/.test(command)) yield 'what is fetched is checked by nobody'
  if (/\bsudo\b/.test(command)) yield 'sudo has no place in an image'
}

/** Of the last stage, with those that it grew from. */
const runtimeSteps = (stages: readonly Stage[], of = stages.at(-1)): readonly Step[] => {
  if (of === undefined) return []
  const base = stages.find(({ name }) => name === of.base)
  return [...(base === undefined ? [] : runtimeSteps(stages, base)), ...of.steps]
}

function* runtimeFaults(stages: readonly Stage[]): Generator<string> {
  const steps = runtimeSteps(stages)
  const user = steps.findLast((step) => step.kind === 'user')?.user
  // By number, since Kubernetes' runAsNonRoot knows no names.
  if (user === undefined || !/^[1-9]\d*(?::[1-9]\d*)?$/.test(user)) yield `its user must be a number that is not root's`
  if (steps.some((step) => step.kind === 'run')) yield 'the last image has no shell to run something with'
  if (steps.some((step) => step.kind === 'copy' && (step.owner ?? '0:0') !== '0:0'))
    yield 'its user could change what runs'
  for (const kind of ['entrypoint', 'cmd'] as const) {
    const found = steps.findLast((step) => step.kind === kind)
    if (found === undefined) yield `there is no ${kind}`
    else if (found.kind === kind && typeof found.words === 'string')
      yield `${kind} would start a shell, which passes on no signal`
  }
  const entry = steps.findLast((step) => step.kind === 'entrypoint')
  if (entry?.kind !== 'entrypoint' || entry.words[0] !== '/nodejs/bin/node') yield 'process 1 must be node'
  const env = Object.assign({}, ...steps.filter((step) => step.kind === 'env').map((step) => step.variables))
  if (!/^(?:\/tmp\/|:memory:$)/.test(env['DATA_DIR'] ?? '')) yield 'DATA_DIR must be where a read-only image can write'
  if (!`${env['PATH']}`.split(':').includes('/nodejs/bin')) yield 'health checks call node by its name'
  if (env['PORT'] !== steps.findLast((step) => step.kind === 'expose')?.port) yield 'EXPOSE is not PORT'
}
