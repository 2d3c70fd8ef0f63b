import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { withInstallLock } from './install-lock.mjs'
import { LaunchError } from './launch-error.mjs'
import { run } from './run.mjs'

/** The commands that search. On stdio a client waits for its first answer: that takes the addon where it is there. */
const searching = new Set(['start', 'dev', 'test', 'check'])
/** Somebody may have installed a compiler since. */
const silenceMs = 60 * 60_000
/**
 * Without it the addon ends the process when its thread is ended in the middle of a call
 * (https://github.com/nodejs/node-addon-api/blob/main/doc/setup.md).
 */
const flags = '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'
/** Adds a point and finds it: that the addon loads, and that this machine runs what its compiler made. */
const trial = `
  const { HierarchicalNSW } = require('hnswlib-node')
  const index = new HierarchicalNSW('ip', 2)
  index.initIndex(1)
  index.addPoint([0, 1], 7)
  process.exitCode = index.searchKnn([0, 1], 1).neighbors[0] === 7 ? 0 : 1`

/**
 * Builds hnswlib-node, which comes as source: with our flags, and against the headers in the package that holds Node, so
 * that nothing is fetched. Whatever comes of it, the command runs: without the addon large caches are searched entry by
 * entry.
 *
 * @param {{ root: string, node: string, command: string | undefined }} what
 * @throws LaunchError where somebody stopped it
 */
export async function buildAddon({ root, node, command }) {
  const folder = join(root, 'node_modules', 'hnswlib-node')
  if (command === undefined || !searching.has(command) || !existsSync(join(folder, 'binding.gyp'))) return
  // In `build`, so that npm takes it away with what it stands for.
  const mark = join(folder, 'build', 'ai-gateway-mcp')
  const failure = join(folder, 'ai-gateway-mcp.failed')
  const isSettled = () => isOfThisMachine(mark) || failedLately(failure)
  if (isSettled()) return
  try {
    await withInstallLock(
      root,
      async () => {
        if (isSettled()) return
        writeFileSync(failure, '') // Where nothing can be written, nothing can be built.
        process.stderr.write('Building hnswlib-node, which searches large caches; later starts find it in place.\n')
        const why = await build({ root, node })
        if (why === null) {
          writeFileSync(mark, machine)
          rmSync(failure)
        } else {
          writeFileSync(failure, why)
          process.stderr.write(
            `hnswlib-node could not be built: large caches are searched entry by entry. It takes Python 3, make and a C++ compiler; ${failure} has the compiler's words.\n`,
          )
        }
      },
      'building hnswlib-node',
    )
  } catch (error) {
    if (error instanceof LaunchError) throw error
    if (!(error instanceof Error) || !('code' in error)) throw error
  }
}

const machine = `${process.platform}-${process.arch}\n`

/**
 * @param {string} mark
 */
function isOfThisMachine(mark) {
  return existsSync(mark) && readFileSync(mark, 'utf8') === machine
}

/**
 * @param {string} file
 */
function failedLately(file) {
  if (!existsSync(file)) return false
  const age = Date.now() - statSync(file).mtimeMs
  return age >= 0 && age < silenceMs
}

/**
 * @param {{ root: string, node: string }} where
 * @returns {Promise<string | null>} what went wrong
 * @throws LaunchError where somebody stopped it
 */
async function build({ root, node }) {
  const home = dirname(dirname(node))
  const headers = existsSync(join(home, 'include', 'node', 'node_api.h')) ? { npm_config_nodedir: home } : {}
  const env = {
    ...process.env,
    ...headers,
    PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}`,
    CXXFLAGS: [process.env['CXXFLAGS'], flags].filter(Boolean).join(' '),
    // node-gyp's Windows builds read this one.
    CL: [process.env['CL'], flags.replace('-D', '/D')].filter(Boolean).join(' '),
    npm_config_ignore_scripts: 'false',
  }
  const rebuilt = await say('npm', ['rebuild', 'hnswlib-node', '--ignore-scripts=false', '--loglevel=error'], {
    root,
    env,
  })
  return rebuilt ?? say(node, ['-e', trial], { root, env })
}

/**
 * Runs a program in silence.
 *
 * @param {string} program
 * @param {readonly string[]} words
 * @param {{ root: string, env: NodeJS.ProcessEnv }} where
 * @returns {Promise<string | null>} what it said where it failed
 * @throws LaunchError where somebody stopped it
 */
async function say(program, words, { root, env }) {
  let said = ''
  try {
    const { code, stoppedBy } = await run(program, words, {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32' && program === 'npm',
      onStart: ({ stdout, stderr }) => {
        for (const stream of [stdout, stderr])
          stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (said += text))
      },
    })
    if (stoppedBy) throw new LaunchError('stopped while hnswlib-node was built', stoppedBy)
    return code === 0 ? null : said || `it ended with code ${code}`
  } catch (error) {
    if (error instanceof LaunchError) throw error
    return error instanceof Error ? error.message : String(error)
  }
}
