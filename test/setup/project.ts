import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import packageJson from '../../package.json' with { type: 'json' }

export const { version } = packageJson

const ours = path.resolve(import.meta.dirname, '../..')
const ourModules = path.join(ours, 'node_modules')

/** The folders that a shell would search: without those that npm adds for a script. */
const shellPath = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => !folder.includes('node_modules'))

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

/** Copies the working tree as git would clone it, with what is not committed yet; `modules` copies node_modules too. */
export function copyProject({ modules }: { modules: boolean }): Project {
  const project = emptyProject()
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ours })
  copyFiles(project, listed.toString().split('\0').filter(Boolean))
  if (modules) linkAll(ourModules, path.join(project.root, 'node_modules'))
  return project
}

/** A project with our launcher and another program: for what the launcher does, whatever the gateway is. */
export function standInProject({ modules, main }: { modules: boolean; main: string }): Project {
  const project = emptyProject()
  copyFiles(project, ['package.json', 'package-lock.json', 'scripts'])
  project.write('src/main.ts', main)
  if (modules) layModules(path.join(project.root, 'node_modules'))
  return project
}

function emptyProject(): Project {
  const folders: string[] = []
  const folder = () => {
    const made = mkdtempSync(path.join(tmpdir(), 'ai-gateway-mcp-'))
    folders.push(made)
    return made
  }
  const root = path.join(folder(), 'project')
  return {
    root,
    folder,
    write: (name, content, mode) => {
      const file = path.resolve(root, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, content)
      if (mode !== undefined) chmodSync(file, mode)
      return file
    },
    [Symbol.dispose]: () => {
      for (const made of folders) rmSync(made, { recursive: true, force: true })
    },
  }
}

function copyFiles(project: Project, names: readonly string[]): void {
  for (const name of new Set(names)) {
    const file = path.join(ours, name)
    // What was deleted and not committed is listed all the same.
    if (existsSync(file)) cpSync(file, path.join(project.root, name), { recursive: true })
  }
}

/** Copies by hard links, since there are many files; nobody writes them in place. */
function linkAll(source: string, target: string): void {
  try {
    execFileSync('cp', ['-al', source, target], { stdio: 'pipe' })
  } catch {
    execFileSync('cp', ['-R', source, target])
  }
}

/** Lays down what the launcher looks for: npm's record of its work, and Node 24. */
function layModules(modules: string): void {
  mkdirSync(modules, { recursive: true })
  cpSync(path.join(ourModules, '.package-lock.json'), path.join(modules, '.package-lock.json'))
  const node = path.join(`node-${process.platform}-${process.arch}`, 'bin')
  if (!existsSync(path.join(ourModules, node))) return
  mkdirSync(path.join(modules, path.dirname(node)))
  linkAll(path.join(ourModules, node), path.join(modules, node))
}

/**
 * Puts another npm first on the PATH: a shell script that logs its words and then does as `script` says, in which
 * `install` stands for an installation.
 */
export function replaceNpm(project: Project, script: string): { path: string; log: string } {
  const folder = project.folder()
  const modules = path.join(folder, 'modules')
  layModules(modules)
  const log = project.write(path.join(folder, 'log'), '', 0o666)
  const install = `install() { rm -rf node_modules; cp -R '${modules}' node_modules; }`
  project.write(path.join(folder, 'npm'), `#!/bin/sh\n${install}\necho "$@" >> '${log}'\n${script}\n`, 0o755)
  chmodSync(folder, 0o755)
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
    // A project of a test has no model, and is not to fetch one unless the test is about that.
    EMBEDDER: 'none',
  }
}
