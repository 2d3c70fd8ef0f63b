#!/usr/bin/env node
// Takes out of a production install what the image never loads: `node deploy/prune.mjs FOLDER`, where FOLDER has the
// node_modules. Other platforms' binaries are most of it. What remains is a list where a package is known (`kept`), so
// that a release which moves its files fails the image's trial, not a start. FOLDER's sbom.cdx.json, which tells of every package of
// the lock, tells of those that are left afterwards.
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** Of these packages nothing else is loaded; licences and package.json stay in any. */
const kept = (/** @type {string} */ platform, /** @type {string} */ arch) => ({
  'onnxruntime-node': ['dist/**', 'lib/**', `bin/napi-v6/${platform}/${arch}/**`],
  '@xenova/transformers': ['dist/transformers.node.mjs'],
  'gpt-tokenizer': ['esm/encodingParams/constants.js', 'data/o200k_base.tiktoken'],
  // The mark beside the addon says that set-up has built it, with the flags that it needs.
  'hnswlib-node': ['lib/**', 'build/Release/addon.node', 'build/ai-gateway-mcp'],
})

/** The base image has Node; types are for compilers; the models' thread leaves the reader of pictures out. */
const needless = ['node-*-{x64,arm64}', '@types', '.bin', 'sharp', '@img']
/** For people and their tools, in any package. */
const unread = '**/*.{d.ts,d.mts,d.cts,map,md,markdown,tsbuildinfo}'
const always = '{package.json,LICEN[CS]E*,licen[cs]e*,NOTICE*,ThirdPartyNotices*}'

/**
 * @param {string} root the folder that has the node_modules
 * @param {{ platform?: string, arch?: string }} where
 * @returns {{ before: number, after: number }} bytes of its node_modules
 */
export function prune(root, { platform = process.platform, arch = process.arch } = {}) {
  const modules = path.join(root, 'node_modules')
  const before = bytesOf(modules)
  for (const name of globSync(needless, { cwd: modules })) remove(path.join(modules, name))
  for (const [name, patterns] of Object.entries(kept(platform, arch))) {
    const folder = path.join(modules, name)
    if (!existsSync(folder)) continue
    const stay = new Set(filesOf(folder, [...patterns, always]))
    for (const pattern of patterns)
      if (filesOf(folder, [pattern]).length === 0) throw new Error(`${name} has no ${pattern}: ${folder}`)
    for (const file of filesOf(folder, ['**'])) if (!stay.has(file)) remove(path.join(folder, file))
  }
  for (const file of filesOf(modules, [unread])) if (!isLicence(file)) remove(path.join(modules, file))
  return { before, after: bytesOf(modules) }
}

/**
 * Takes out of a CycloneDX list (https://cyclonedx.org/docs/1.5/json/) the packages that are not there.
 *
 * @param {{ components: { 'bom-ref': string, name: string, version: string }[], dependencies: { ref: string, dependsOn?: string[] }[] }} sbom
 * @param {string} root the folder that has the node_modules
 */
export function withoutAbsent(sbom, root) {
  const modules = path.join(root, 'node_modules')
  const left = new Set(
    filesOf(modules, ['**/package.json']).map((file) => {
      /** @type {unknown} */
      const about = JSON.parse(readFileSync(path.join(modules, file), 'utf8'))
      const isNamed = typeof about === 'object' && about !== null && 'name' in about && 'version' in about
      return isNamed ? `${String(about.name)}@${String(about.version)}` : null
    }),
  )
  const absent = new Set(
    sbom.components.filter((one) => !left.has(`${one.name}@${one.version}`)).map((one) => one['bom-ref']),
  )
  return {
    ...sbom,
    components: sbom.components.filter((one) => !absent.has(one['bom-ref'])),
    dependencies: sbom.dependencies
      .filter(({ ref }) => !absent.has(ref))
      .map((one) => ({ ...one, dependsOn: (one.dependsOn ?? []).filter((ref) => !absent.has(ref)) })),
  }
}

const isLicence = (/** @type {string} */ file) => /^(?:licen[cs]e|notice|copying)/i.test(path.basename(file))

const remove = (/** @type {string} */ file) => rmSync(file, { recursive: true, force: true })

/**
 * @param {string} folder
 * @param {readonly string[]} patterns
 */
function filesOf(folder, patterns) {
  return globSync([...patterns], { cwd: folder, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
}

/**
 * @param {string} folder
 */
export function bytesOf(folder) {
  return filesOf(folder, ['**']).reduce((sum, file) => {
    const { size } = statSync(path.join(folder, file), { throwIfNoEntry: false }) ?? { size: 0 }
    return sum + size
  }, 0)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = path.resolve(process.argv[2] ?? '.')
  const { before, after } = prune(root)
  const list = path.join(root, 'sbom.cdx.json')
  if (existsSync(list)) writeFileSync(list, JSON.stringify(withoutAbsent(JSON.parse(readFileSync(list, 'utf8')), root)))
  const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(0)} MB`
  process.stdout.write(`node_modules: ${megabytes(before)}, ${megabytes(after)} without what the image never loads\n`)
}
