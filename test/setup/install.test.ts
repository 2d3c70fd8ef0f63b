import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { copyProject, launch, replaceNpm, shellNode, standInProject, version } from './project.ts'

const sayHello = "console.log('hello')"
const nobody = 65_534
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']

const linesOf = (file: string) => readFileSync(file, 'utf8').trim().split('\n').filter(Boolean)

describe('a first start', () => {
  test("installs from the registry under the shell's Node, whatever npmrc says, and a second one finds all in place", async ({
    skip,
  }) => {
    using project = copyProject({ modules: false })
    const home = project.folder()
    project.write(path.join(home, '.npmrc'), 'ignore-scripts=true\nengine-strict=true\nomit=dev\nnodedir=/nowhere\n')

    const first = await launch(project, ['--version'], { env: { HOME: home } }).ended
    skip(
      first.stderr.includes('cannot reach its registry') && process.env['CI'] !== 'true',
      'the package registry cannot be reached from here',
    )
    expect(first).toMatchObject({ code: 0, stdout: `${version}\n` })
    expect(first.stderr).toContain('Installing the packages')

    const npm = replaceNpm(project, 'exit 1')
    const second = await launch(project, ['--version'], { env: { HOME: home, PATH: npm.path } }).ended
    expect(second).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
    expect(linesOf(npm.log)).toEqual([])
  }, 180_000)

  test('is not needed where somebody ran npm by hand', async () => {
    using project = standInProject({ modules: true, main: sayHello })
    const npm = replaceNpm(project, 'exit 1')
    const started = await launch(project, [], { env: { PATH: npm.path } }).ended
    expect(started).toMatchObject({ code: 0, stdout: 'hello\n', stderr: '' })
  })

  test('comes again when package-lock.json has changed', async () => {
    using project = standInProject({ modules: false, main: sayHello })
    const npm = replaceNpm(project, 'install')
    const env = { PATH: npm.path }
    expect((await launch(project, [], { env }).ended).code).toBe(0)

    const lockfile = path.join(project.root, 'package-lock.json')
    project.write(lockfile, `${readFileSync(lockfile, 'utf8')}\n`)
    rmSync(path.join(project.root, 'node_modules/.package-lock.json'))
    expect(await launch(project, [], { env }).ended).toMatchObject({ code: 0, stdout: 'hello\n' })
    expect(linesOf(npm.log)).toHaveLength(2)
  })

  test('installs once when two start at the same time', async () => {
    using project = standInProject({ modules: false, main: sayHello })
    const npm = replaceNpm(project, 'sleep 1; install')
    const both = [1, 2].map(() => launch(project, [], { env: { PATH: npm.path } }).ended)
    for (const started of await Promise.all(both)) expect(started).toMatchObject({ code: 0, stdout: 'hello\n' })
    expect(linesOf(npm.log)).toHaveLength(1)
    expect(existsSync(path.join(project.root, '.install.lock'))).toBe(false)
  })

  test('takes over from one that died, also when two find it dead', async () => {
    using project = standInProject({ modules: false, main: sayHello })
    const npm = replaceNpm(project, 'sleep 1; install')
    const gone = spawn(process.execPath, ['--version'])
    await new Promise((resolve) => gone.once('close', resolve))
    project.write('.install.lock', `${gone.pid} ${hostname()}`)

    const both = [1, 2].map(() => launch(project, [], { env: { PATH: npm.path } }).ended)
    for (const started of await Promise.all(both)) expect(started).toMatchObject({ code: 0, stdout: 'hello\n' })
    expect(linesOf(npm.log)).toHaveLength(1)
  })

  test('waits for one that is at work, and says so', async () => {
    using project = standInProject({ modules: false, main: sayHello })
    const npm = replaceNpm(project, 'install')
    project.write('.install.lock', `${process.pid} ${hostname()}`)

    const started = launch(project, [], { env: { PATH: npm.path } })
    await new Promise((resolve) => started.stderr.once('data', resolve))
    expect(linesOf(npm.log)).toEqual([])
    rmSync(path.join(project.root, '.install.lock'))
    const { stderr, ...ending } = await started.ended
    expect(ending).toMatchObject({ code: 0, stdout: 'hello\n' })
    expect(stderr).toContain('Another start is installing')
  })

  test('leaves nothing half done when it is stopped', async () => {
    using project = standInProject({ modules: false, main: sayHello })
    const npm = replaceNpm(project, 'sleep 60 & trap "kill $!; exit 1" TERM; wait')
    const stopped = launch(project, [], { env: { PATH: npm.path } })
    await expect.poll(() => linesOf(npm.log)).toHaveLength(1)
    stopped.kill('SIGTERM')
    expect(await stopped.ended).toMatchObject({ code: null, signal: 'SIGTERM', stdout: '' })
    expect(existsSync(path.join(project.root, '.install.lock'))).toBe(false)

    const next = replaceNpm(project, 'install')
    expect(await launch(project, [], { env: { PATH: next.path } }).ended).toMatchObject({ code: 0, stdout: 'hello\n' })
  })
})

describe.skipIf(!canDropRoot())(
  'a user with few rights (skipped where the tests are not run by root, who can become one)',
  () => {
    test('can install without a home', async () => {
      using project = standInProject({ modules: false, main: 'console.log(process.getuid())' })
      const npm = replaceNpm(project, 'touch "$npm_config_cache/written" || exit 1; install')
      execFileSync('chown', ['-R', `${nobody}:${nobody}`, path.dirname(project.root)])
      const env = { PATH: npm.path, HOME: '/nonexistent', npm_config_cache: '/nonexistent/.npm' }
      const started = await launch(project, [], { env, through: asNobody }).ended
      expect(started).toMatchObject({ code: 0, stdout: `${nobody}\n` })
    })

    test('can start what another has installed in a folder closed to writing, and is told when it is incomplete', async () => {
      using project = standInProject({ modules: true, main: sayHello })
      chmodSync(path.dirname(project.root), 0o755)
      expect(await launch(project, [], { through: asNobody }).ended).toMatchObject({ stdout: 'hello\n', stderr: '' })

      rmSync(path.join(project.root, 'node_modules/.package-lock.json'))
      const refused = await launch(project, [], { through: asNobody }).ended
      expect(refused).toMatchObject({ code: 1, stdout: '' })
      expect(refused.stderr).toContain(`must be installed in ${project.root}, which this user cannot write`)
    })
  },
)

describe('a first start that cannot install says what to do', () => {
  test('without npm', async () => {
    using project = standInProject({ modules: false, main: sayHello })
    const started = await launch(project, [], { env: { PATH: project.folder() } }).ended
    expect(started).toMatchObject({ code: 1, stdout: '' })
    expect(started.stderr).toContain('npm is not on the PATH')
  })

  test('without a registry', async () => {
    using project = standInProject({ modules: false, main: sayHello })
    const env = { HOME: project.folder(), npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' }
    const started = await launch(project, [], { env }).ended
    expect(started).toMatchObject({ code: 1, stdout: '' })
    expect(started.stderr).toContain('npm cannot reach its registry')
  })

  test.each([
    ['npm error code ENOSPC', 'The disk is full'],
    ['npm ERR! code EACCES', 'Start as the owner of the project folder'],
    ['npm error code E403', 'The registry refuses this user'],
    ['npm error code EINTEGRITY', 'npm cache clean'],
    ['npm error code EUSAGE', 'package.json and package-lock.json disagree'],
    ['npm error out of luck', "npm's own words above"],
  ])('after %s', async (words, advice) => {
    using project = standInProject({ modules: false, main: sayHello })
    const npm = replaceNpm(project, `echo '${words}' >&2; exit 1`)
    const started = await launch(project, [], { env: { PATH: npm.path } }).ended
    expect(started).toMatchObject({ code: 1, stdout: '' })
    expect(started.stderr).toContain(words)
    expect(started.stderr).toContain(advice)
  })
})

function canDropRoot(): boolean {
  const [setpriv = '', ...words] = asNobody
  try {
    execFileSync(setpriv, [...words, shellNode, '--version'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}
