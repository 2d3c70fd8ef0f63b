import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPairModel } from '../model/pair-model.mjs'
import { model } from '../model/published.mjs'
import { failedLately, isInPlace } from '../model/set-up.mjs'
import { LaunchError } from './launch-error.mjs'
import { run } from './run.mjs'

/** The commands that embed. On stdio a client waits for its first answer: that takes the model where it is there. */
const embedding = new Set(['start', 'dev', 'test', 'check', 'model'])

/**
 * Gets the embedding model before commands that use it. Whatever comes of it, the command runs: it says itself what it
 * does without the model. `model` is how somebody asks for another try, so that one never rests on an earlier failure.
 *
 * @param {{ root: string, node: string, command: string | undefined, env: readonly string[] }} what `env`: Node's words
 *   that make it read the project's .env
 * @throws LaunchError where somebody stopped it
 */
export async function setUpModel({ root, node, command, env }) {
  if (command === undefined || !embedding.has(command)) return
  const isAsked = command === 'model'
  if (!isAsked && isSettled(root)) return
  const { stoppedBy } = await run(
    node,
    [...env, join(root, 'scripts', 'setup-model.mjs'), ...(isAsked ? [] : ['--quietly'])],
    {
      env: { ...process.env, NODE_USE_ENV_PROXY: '1' },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  if (stoppedBy) throw new LaunchError('stopped while the embedding model was fetched', stoppedBy)
}

/**
 * Whether it is plain without another process that there is nothing to do: nobody says that the model is elsewhere or
 * of another form, and it is in its usual place or was out of reach a moment ago.
 *
 * @param {string} root
 */
function isSettled(root) {
  const file = join(root, '.env')
  const written = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const names = ['MODEL_DIR', 'EMBEDDER']
  if (names.some((name) => process.env[name] || written.includes(name))) return false
  const folder = join(root, '.models', model.name)
  return isInPlace({ folder, model, form: 'int8', pairModel: readPairModel(root) }) || failedLately(folder)
}
