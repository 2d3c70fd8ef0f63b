import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { folderOf, remedyFor, setUpServers } from '../../scripts/launch/servers.mjs'
import { temporaryFolder } from '../support/temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
let told = ''

/** A server that is in none of the machine's own places. */
const server = () => ({
  name: 'Made-up',
  programs: ['made-up-server', 'made-up-tool'],
  folders: [path.join(folder.path, 'made-up-*/bin')],
  aptPackage: 'made-up',
})

const program = (file: string, text = ''): void => {
  const full = path.join(folder.path, file)
  mkdirSync(path.dirname(full), { recursive: true })
  writeFileSync(full, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
}

const asked = (): string[] => readFileSync(path.join(folder.path, 'asked'), 'utf8').trim().split('\n')

const setUp = (options: { command?: string; mayInstall?: boolean } = {}): Promise<void> =>
  setUpServers({ root: folder.path, command: 'test', needed: [server()], mayInstall: true, ...options })

beforeEach(() => {
  folder = temporaryFolder()
  told = ''
  mkdirSync(path.join(folder.path, 'node_modules'))
  vi.stubEnv('PATH', `${folder.path}/path:/usr/bin:/bin`)
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text)
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  folder[Symbol.dispose]()
})

describe('a server for tests', () => {
  test('is found on the PATH, or else in its usual folders, the newest version first', () => {
    expect(folderOf(server())).toBeNull()
    for (const version of ['9', '15', '14'])
      for (const name of server().programs) program(`made-up-${version}/bin/${name}`)
    program('made-up-16/bin/made-up-server')
    expect(folderOf(server())).toBe(path.join(folder.path, 'made-up-15/bin'))
    for (const name of server().programs) program(`path/${name}`)
    expect(folderOf(server())).toBe(path.join(folder.path, 'path'))
  })

  test('that is missing is asked of apt, with newer lists when the old ones do not name it', async () => {
    program(
      'path/apt-get',
      `echo "$@" >> '${folder.path}/asked'
       case "$*" in *update*) touch '${folder.path}/new-lists'; exit 0;; esac
       [ -e '${folder.path}/new-lists' ] || exit 100
       mkdir -p '${folder.path}/made-up-1/bin'
       for name in ${server().programs.join(' ')}; do cp '${folder.path}/path/apt-get' '${folder.path}/made-up-1/bin/'$name; done`,
    )
    await setUp()
    expect(asked().map((words) => words.split(' ').at(-1))).toEqual(['made-up', 'update', 'made-up'])
    expect(told).toBe('Installing Made-up for the tests, with apt-get.\n')
    await setUp()
    expect(asked()).toHaveLength(3)
  })

  test('that cannot be had is named with its remedy at each start, and asked for again only later', async () => {
    program('path/apt-get', `echo "$@" >> '${folder.path}/asked'; exit 100`)
    await setUp()
    await setUp()
    expect(asked()).toHaveLength(3)
    expect(told.split('\n').filter((line) => line.startsWith(remedyFor(server())))).toHaveLength(2)
    rmSync(path.join(folder.path, 'node_modules/.ai-gateway-mcp-servers-failed'))
    await setUp()
    expect(asked()).toHaveLength(6)
  })

  test('is never installed without the right to, nor for commands that run no tests', async () => {
    program('path/apt-get', `echo "$@" >> '${folder.path}/asked'; exit 100`)
    await setUp({ mayInstall: false })
    expect(told).toContain('sudo apt-get install made-up')
    told = ''
    for (const command of ['start', 'stdio', 'dev']) await setUp({ command })
    expect(told).toBe('')
    expect(() => asked()).toThrow('ENOENT')
  })
})
