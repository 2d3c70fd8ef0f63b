import { spawn } from 'node:child_process'

/** @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Ending How a process ended: by exit code or by signal. */

const stopSignals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * Starts a program, hands it the signals that this process gets, and waits for its end.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions & { onStart?: (child: import('node:child_process').ChildProcess) => void }} options
 * @returns {Promise<Ending & { stoppedBy: NodeJS.Signals | null }>} `stoppedBy`: the last signal that was passed on
 * @throws the spawn error, e.g. ENOENT
 */
export async function run(file, args, { onStart, ...options }) {
  const child = spawn(file, args, { stdio: 'inherit', ...options })
  onStart?.(child)

  /** @type {NodeJS.Signals | null} */
  let stoppedBy = null
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    stoppedBy = signal
    // A terminal sends Ctrl-C to every process in front of it; passed on, it would reach the program twice.
    if (signal !== 'SIGINT' || !isOnTerminal()) child.kill(signal)
  }
  for (const signal of stopSignals) process.on(signal, passOn)

  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve({ code, signal, stoppedBy }))
    })
  } finally {
    for (const signal of stopSignals) process.off(signal, passOn)
  }
}

/**
 * Ends this process as another one ended, so that a shell or a supervisor sees no launcher in between.
 *
 * @param {Ending} ending
 */
export function endAs({ code, signal }) {
  if (signal) process.kill(process.pid, signal)
  else process.exitCode = code ?? 1
}

function isOnTerminal() {
  return Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY)
}
