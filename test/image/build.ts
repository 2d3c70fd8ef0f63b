import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  globSync,
  lchownSync,
  mkdirSync,
  renameSync,
  statSync,
} from 'node:fs'
import path from 'node:path'
import { contextFiles } from './context.ts'
import type { Stage, Step } from './steps.ts'

/** What the stage left for the next instruction of it. */
interface State {
  cwd: string
  user: string | null
  env: Readonly<Record<string, string>>
}

export interface Built extends State {
  /** The last stage's files: its `/`. */
  root: string
  words: readonly string[]
}

const isRoot = process.getuid?.() === 0

/**
 * Does what a Dockerfile says without Docker, in a folder `into`: each stage is a folder that stands at `into/image` while
 * it is built, so that every path is the same in each, as it is in an image. What stands in for the base images is this
 * machine and its Node: what only they can fail in, this does not find.
 * @throws Error where a step fails
 */
export const build = (stages: readonly Stage[], root: string, into: string, log: (line: string) => void): Built => {
  const place = path.join(into, 'image')
  const context = path.join(into, 'context')
  const states = new Map<string, State>()
  const homeOf = (stage: string): string => path.join(into, 'stages', stage)
  for (const file of contextFiles(root)) cpSync(path.join(root, file), path.join(context, file))
  mkdirSync(path.join(into, 'stages'))
  let words: readonly string[] = []
  for (const [index, { name, base, steps }] of stages.entries()) {
    const state = { ...(states.get(base) ?? { cwd: '/', user: null, env: {} }) }
    if (states.has(base)) cpSync(homeOf(base), place, { recursive: true, verbatimSymlinks: true })
    else mkdirSync(path.join(place, 'tmp'), { recursive: true })
    chmodSync(path.join(place, 'tmp'), 0o1777)
    for (const step of steps) {
      log(`${name}: ${wordsOf(step)}`)
      if (step.kind === 'workdir') {
        state.cwd = path.posix.join(state.cwd, step.folder)
        mkdirSync(path.join(place, state.cwd), { recursive: true })
      } else if (step.kind === 'user') state.user = step.user
      else if (step.kind === 'env') state.env = { ...state.env, ...step.variables }
      else if (step.kind === 'copy') copy(step, step.from === null ? context : homeOf(step.from), place, state)
      else if (step.kind === 'run') runStep(step.command, place, state)
      else if (step.kind === 'entrypoint') words = [step.words].flat()
      else if (step.kind === 'cmd') words = [...words, ...[step.words].flat()]
    }
    states.set(name, state)
    if (index < stages.length - 1) renameSync(place, homeOf(name))
    else return { ...state, root: place, words: here(words, place) }
  }
  throw new Error('The Dockerfile has no stage')
}

const wordsOf = (step: Step): string => JSON.stringify(step)

/** Paths of an image as they are on this machine: its Node is ours, the rest lies in `place`. */
const here = (words: readonly string[], place: string): string[] =>
  words.map((word) => {
    if (/^\/(?:\w+\/)*bin\/node$/.test(word)) return process.execPath
    return word.startsWith('/') ? path.join(place, word) : word
  })

const copy = (step: Extract<Step, { kind: 'copy' }>, from: string, place: string, { cwd }: State): void => {
  const to = path.join(place, path.posix.resolve(cwd, step.to))
  for (const source of step.sources) {
    const at = path.join(from, source)
    if (!existsSync(at)) throw new Error(`COPY: ${source} is not there${step.from === null ? ': .dockerignore' : ''}`)
    const isInto = step.to.endsWith('/') && !statSync(at).isDirectory()
    cpSync(at, isInto ? path.join(to, path.basename(source)) : to, { recursive: true, verbatimSymlinks: true })
  }
  if (step.owner !== null && isRoot) give(to, step.owner)
}

const give = (folder: string, owner: string): void => {
  const [user = 0, group = user] = owner.split(':').map(Number)
  chownSync(folder, user, group)
  for (const entry of globSync('**', { cwd: folder })) lchownSync(path.join(folder, entry), user, group)
}

/** The words that run something as the image's user, where we may become one. */
export const asUser = (user: string | null): string[] => {
  if (user === null || !isRoot) return []
  const [id = '0', group = id] = user.split(':')
  return ['setpriv', `--reuid=${id}`, `--regid=${group}`, '--clear-groups', '--no-new-privs', '--bounding-set=-all']
}

const runStep = (command: string | readonly string[], place: string, { cwd, user, env }: State): void => {
  if (typeof command === 'string' && /(?:^|[\s=>])\//.test(command))
    throw new Error(`RUN ${command}: paths from / would be this machine's`)
  const words = typeof command === 'string' ? ['sh', '-c', command] : here(command, place)
  const [program = '', ...rest] = [...asUser(user), ...words]
  execFileSync(program, rest, {
    cwd: path.join(place, cwd),
    env: { ...process.env, ...env, PATH: [path.dirname(process.execPath), process.env['PATH']].join(':') },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}
