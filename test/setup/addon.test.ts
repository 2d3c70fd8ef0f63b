import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { launch, replaceNpm, standInProject } from './project.ts'
import type { Project } from './project.ts'

const sayHello = "console.log('hello')"
const noModel = { EMBEDDER: 'none' }
const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trim().split('\n').filter(Boolean)

/** Lays down an addon that has yet to be built, of which `index` is the code. */
const layAddon = (project: Project, index: string): string => {
  const folder = 'node_modules/hnswlib-node'
  project.write(`${folder}/binding.gyp`, '{}')
  project.write(`${folder}/package.json`, '{"name": "hnswlib-node", "main": "index.js"}')
  project.write(`${folder}/index.js`, index)
  return path.join(project.root, folder)
}

const works = `exports.HierarchicalNSW = class {
  initIndex() {}
  addPoint(_point, label) { this.label = label }
  searchKnn() { return { neighbors: [this.label] } }
}`
const build =
  'mkdir -p node_modules/hnswlib-node/build; echo "$npm_config_nodedir $CXXFLAGS" > node_modules/hnswlib-node/build/how'

describe('the addon that searches large caches', () => {
  test("is built once, with our flags and against the packaged Node's headers", async () => {
    using project = standInProject({ modules: true, main: sayHello })
    const folder = layAddon(project, works)
    const home = path.join(project.root, `node_modules/node-${process.platform}-${process.arch}`)
    project.write(path.join(home, 'include/node/node_api.h'), '')
    const npm = replaceNpm(project, build)
    const env = { ...noModel, HOME: project.folder(), PATH: npm.path }
    const first = await launch(project, ['start'], { env }).ended
    expect(first).toMatchObject({
      code: 0,
      stdout: 'hello\n',
      stderr: expect.stringContaining('Building hnswlib-node'),
    })
    expect(linesOf(npm.log)).toEqual(['rebuild hnswlib-node --ignore-scripts=false --loglevel=error'])
    const how = readFileSync(path.join(folder, 'build/how'), 'utf8')
    expect(how).toContain('-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS')
    if (existsSync(path.join(home, 'bin/node'))) expect(how).toContain(`${home} `)
    expect(await launch(project, ['start'], { env }).ended).toMatchObject({ code: 0, stdout: 'hello\n', stderr: '' })
    expect(linesOf(npm.log)).toHaveLength(1)
  })

  test.each([
    ['cannot be built', works, 'echo "no compiler" >&2; exit 1', 'no compiler'],
    ['does not load', "throw new Error('of another machine')", build, 'of another machine'],
    ['finds nothing', works.replace('[this.label]', '[]'), build, 'it ended with code 1'],
  ])('is told of when it %s, and not tried again at every start', async (_how, index, script, why) => {
    using project = standInProject({ modules: true, main: sayHello })
    const folder = layAddon(project, index)
    const npm = replaceNpm(project, script)
    const env = { ...noModel, PATH: npm.path }
    const first = await launch(project, ['start'], { env }).ended
    expect(first).toMatchObject({ code: 0, stdout: 'hello\n' })
    expect(first.stderr).toContain('hnswlib-node could not be built: large caches are searched entry by entry')
    expect(readFileSync(path.join(folder, 'ai-gateway-mcp.failed'), 'utf8')).toContain(why)
    expect(existsSync(path.join(folder, 'build/ai-gateway-mcp'))).toBe(false)
    expect(await launch(project, ['start'], { env }).ended).toMatchObject({ code: 0, stdout: 'hello\n', stderr: '' })
    expect(linesOf(npm.log)).toHaveLength(1)
  })

  test('is not waited for by a client on stdio', async () => {
    using project = standInProject({ modules: true, main: sayHello })
    layAddon(project, works)
    const npm = replaceNpm(project, build)
    const started = await launch(project, ['stdio'], { env: { ...noModel, PATH: npm.path } }).ended
    expect(started).toMatchObject({ code: 0, stdout: 'hello\n', stderr: '' })
    expect(linesOf(npm.log)).toEqual([])
  })
})
