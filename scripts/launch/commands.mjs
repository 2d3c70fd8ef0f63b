import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LaunchError } from './launch-error.mjs'
import { run } from './run.mjs'

/** Scripts of package.json that look at the code without running it. */
const codeChecks = ['types', 'lint', 'format:check', 'dead']
/** Runs the same checks as tests, for `npm test` alone to hold everything; `check` has run them by then. */
const codeChecksAsTests = 'test/quality.test.ts'

/**
 * Runs `test`, `check` or `dev`; every other word is a command of the gateway itself.
 *
 * @param {{ root: string, node: string, command: string | undefined, args: readonly string[] }} what
 * @returns {Promise<import('./run.mjs').Ending>}
 * @throws LaunchError
 */
export function runCommand({ root, node, command, args }) {
  switch (command) {
    case 'test':
      return runTests({ root, node, args })
    case 'check':
      return runChecks({ root, node })
    case 'dev':
      return run(node, [...envFile(root), '--watch', join(root, 'src', 'main.ts'), 'start', ...args], {})
    case undefined:
      return run(node, program(root), {})
    default:
      return run(node, [...program(root), command, ...args], {})
  }
}

/**
 * The gateway's entry: the source where there is one, else what `npm run build` made of it; AI_GATEWAY_BUILT=1 asks for
 * the latter in a checkout too. The caller's folder stays the current one: file arguments are the caller's.
 *
 * @param {string} root
 */
function program(root) {
  const source = join(root, 'src', 'main.ts')
  if (existsSync(source) && process.env['AI_GATEWAY_BUILT'] !== '1') return [...envFile(root), source]

  const built = join(root, 'dist', 'main.js')
  if (!existsSync(built)) throw new LaunchError(`${built} is not there. Run "npm run build" first.`)
  return [...envFile(root), '--enable-source-maps', built]
}

/**
 * Node's words for reading the project's .env, where there is one.
 *
 * @param {string} root
 */
export function envFile(root) {
  const file = join(root, '.env')
  return existsSync(file) ? [`--env-file=${file}`] : []
}

/**
 * @param {{ root: string, node: string, args: readonly string[] }} what
 */
function runTests({ root, node, args }) {
  return run(node, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args], { cwd: root })
}

/**
 * Runs everything, whatever fails, and says at the end what did.
 *
 * @param {{ root: string, node: string }} where
 */
async function runChecks({ root, node }) {
  const steps = [
    ...codeChecks.map((name) => ({ name, start: () => run(node, ['--run', name], { cwd: root }) })),
    { name: 'test', start: () => runTests({ root, node, args: ['--exclude', codeChecksAsTests] }) },
  ]
  const failed = []
  for (const { name, start } of steps) {
    process.stderr.write(`\n── ${name}\n`)
    const { code, signal, stoppedBy } = await start()
    if (stoppedBy) return { code: null, signal: stoppedBy }
    if (code !== 0 || signal) failed.push(name)
  }
  process.stderr.write(failed.length > 0 ? `\nfailed: ${failed.join(', ')}\n` : '\nall checks passed\n')
  return { code: failed.length > 0 ? 1 : 0, signal: null }
}
