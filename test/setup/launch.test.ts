import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/server.ts'
import { copyProject, launch, shellNode, standInProject, start, version, type Project } from './project.ts'

const major = (nodeVersion: string) => Number(/^v(\d+)/.exec(nodeVersion)?.[1])

describe('the launcher', () => {
  test("runs the program on Node 24 or newer, whatever the shell's Node is", async () => {
    using project = standInProject({ modules: true, main: 'console.log(process.version)' })
    const { stdout } = await launch(project, []).ended
    expect(major(stdout)).toBeGreaterThanOrEqual(24)
  })

  test('hands over words, folder, standard input and environment as they are', async () => {
    const main = `
      const input = await new Response(process.stdin as never).text()
      console.log(JSON.stringify([process.argv.slice(2), process.cwd(), input, process.env.GREETING]))`
    using project = standInProject({ modules: true, main })
    const cwd = project.folder()
    const started = launch(project, ['say', '--loud', 'a b'], { cwd, env: { GREETING: 'hello' } })
    started.stdin.end('from outside')
    const { stdout } = await started.ended
    expect(JSON.parse(stdout)).toEqual([['say', '--loud', 'a b'], cwd, 'from outside', 'hello'])
  })

  test("reads the project's .env, not the caller's, and lets the environment win", async () => {
    using project = standInProject({ modules: true, main: 'console.log(process.env.COLOUR, process.env.SHAPE)' })
    project.write('.env', 'COLOUR=blue\nSHAPE=round\n')
    const cwd = project.folder()
    project.write(path.join(cwd, '.env'), 'COLOUR=red\n')
    expect(await launch(project, [], { cwd, env: { SHAPE: 'square' } }).ended).toMatchObject({
      stdout: 'blue square\n',
      stderr: '',
    })
  })

  test('ends with the exit code of the program', async () => {
    using project = standInProject({ modules: true, main: 'process.exitCode = 7' })
    expect(await launch(project, []).ended).toMatchObject({ code: 7, signal: null, stdout: '', stderr: '' })
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'passes %s on, and waits for a program that tidies up',
    async (signal) => {
      const main = `
      process.once('${signal}', () => setTimeout(() => { console.log('tidy'); process.exit(3) }, 100))
      setInterval(() => {}, 1_000)
      console.log('ready')`
      using project = standInProject({ modules: true, main })
      const started = launch(project, [])
      await once(started.stdout, 'data')
      started.kill(signal)
      expect(await started.ended).toMatchObject({ code: 3, signal: null, stdout: expect.stringContaining('tidy') })
    },
  )

  test('ends by the signal that ended the program', async () => {
    using project = standInProject({ modules: true, main: "process.kill(process.pid, 'SIGKILL')" })
    expect(await launch(project, []).ended).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  test('runs all checks, whatever fails, and names what did', async () => {
    using project = copyProject({ modules: true })
    for (const name of readdirSync(path.join(project.root, 'test'), { recursive: true, encoding: 'utf8' })) {
      if (name.endsWith('.test.ts')) rmSync(path.join(project.root, 'test', name))
    }
    project.write('test/one.test.ts', "import { expect, test } from 'vitest'\ntest('one', () => expect(1).toBe(1))\n")
    project.write('test/quality.test.ts', "throw new Error('these would run twice')\n")
    const scripts = { types: 'exit 1', lint: 'exit 0', 'format:check': 'exit 2', dead: 'exit 0' }
    project.write('package.json', JSON.stringify({ type: 'module', version, scripts }))

    const { code, stdout, stderr } = await launch(project, ['check']).ended
    expect(stderr).toContain('failed: types, format:check\n')
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('1 passed, 0 failed, 0 skipped')
    expect(code).toBe(1)
  })
})

describe('the gateway, started by the launcher', () => {
  let project: Project
  beforeAll(() => {
    project = copyProject({ modules: true })
  })
  afterAll(() => project[Symbol.dispose]())

  test('prints its version and nothing else, also through a linked command', async () => {
    const command = path.join(project.folder(), 'ai-gateway-mcp')
    symlinkSync(path.join(project.root, 'scripts/launch.mjs'), command)
    const { ended } = start(shellNode, [command, '--version'], { cwd: project.folder() })
    expect(await ended).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test("speaks MCP on stdio from another folder under the shell's Node, and nothing else on stdout", async () => {
    const gateway = launch(project, ['stdio'], { cwd: project.folder() })
    const clientInfo = { name: 'setup-test', version: '1' }
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }
    gateway.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`)

    await once(gateway.stdout, 'data')
    gateway.stdin.end()
    const { code, stdout } = await gateway.ended
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ jsonrpc: '2.0', id: 1, result: { serverInfo: { version } } }])
    expect(code).toBe(0)
  })

  test('answers on its port, and leaves on SIGTERM with exit code 0', async () => {
    const port = await freePort()
    const gateway = launch(project, ['start'], { env: { PORT: String(port) } })
    await expect.poll(() => status(`http://127.0.0.1:${port}/health`), { timeout: 15_000 }).toBe(200)
    gateway.kill('SIGTERM')
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null })
  })

  test('says what to run when it is asked for its built form and there is none', async () => {
    const started = await launch(project, ['--version'], { env: { AI_GATEWAY_BUILT: '1' } }).ended
    expect(started).toMatchObject({ code: 1, stdout: '' })
    expect(started.stderr).toContain('npm run build')
  })

  test('runs as built by npm run build: by itself, by choice, and where there is no source', async () => {
    await promisify(execFile)(process.execPath, ['--run', 'build'], { cwd: project.root })
    const says = { code: 0, stdout: `${version}\n`, stderr: '' }
    const built = path.join(project.root, 'dist/main.js')
    expect(await start(process.execPath, ['--enable-source-maps', built, '--version'], {}).ended).toMatchObject(says)

    const env = { AI_GATEWAY_BUILT: '1' }
    expect(await launch(project, ['--version'], { env }).ended).toMatchObject(says)
    rmSync(path.join(project.root, 'src'), { recursive: true })
    expect(await launch(project, ['--version']).ended).toMatchObject(says)
  })
})

async function status(url: string): Promise<number | null> {
  try {
    return (await fetch(url)).status
  } catch {
    return null // Not listening yet.
  }
}
