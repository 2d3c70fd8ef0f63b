import { LaunchError } from './launch-error.mjs'
import { run } from './run.mjs'

/** What to do about a failure, by the codes that npm prints. */
const remedies = [
  {
    codes: [
      'ENOTFOUND',
      'EAI_AGAIN',
      'ECONNREFUSED',
      'ECONNRESET',
      'ENETUNREACH',
      'EHOSTUNREACH',
      'ETIMEDOUT',
      'EIDLETIMEOUT',
      'ERR_SOCKET_TIMEOUT',
      'FETCH_ERROR',
    ],
    advice:
      'npm cannot reach its registry. Check the network, the proxy settings and "npm config get registry", then start again.',
  },
  {
    codes: [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'CERT_HAS_EXPIRED',
    ],
    advice:
      "npm does not trust its registry's certificate. Set NODE_EXTRA_CA_CERTS to your company's certificates, then start again.",
  },
  { codes: ['ENOSPC', 'EDQUOT'], advice: 'The disk is full. Free about 1 GB and start again.' },
  {
    codes: ['EACCES', 'EPERM', 'EROFS'],
    advice: 'npm may not write there. Start as the owner of the project folder, or give this user the folder.',
  },
  {
    codes: ['E401', 'E403', 'ENEEDAUTH'],
    advice:
      'The registry refuses this user. Log in with "npm login", or correct the token in .npmrc, then start again.',
  },
  {
    codes: ['E404', 'ETARGET'],
    advice:
      'The registry lacks a package. A company mirror may have to be told to fetch it; see "npm config get registry".',
  },
  {
    codes: ['EINTEGRITY'],
    advice:
      'A package is not the one that package-lock.json names. Run "npm cache clean --force" and start again; if it stays, do not trust the registry.',
  },
  {
    codes: ['EUSAGE'],
    advice:
      'package.json and package-lock.json disagree. Take both from the same commit, or run "npm install" and commit the lock.',
  },
]

/** The same on every machine, whatever its npmrc says; no package of ours needs a script to install. */
const settings = [
  '--ignore-scripts',
  '--include=dev',
  '--include=optional',
  '--engine-strict=false',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--loglevel=error',
]

/**
 * Runs the shell's npm with everything that it prints on stderr.
 *
 * @param {readonly string[]} words
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @throws LaunchError saying what to do about the failure
 */
export async function npm(words, { cwd, env }) {
  let printed = ''
  /** @param {import('node:child_process').ChildProcess} child */
  const passOnOutput = (child) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        printed += text
        process.stderr.write(text)
      })
    }
  }
  const ending = await run('npm', [...words, ...settings], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32', // There npm is a .cmd file, which only the shell starts.
    onStart: passOnOutput,
  }).catch((/** @type {NodeJS.ErrnoException} */ error) => {
    throw new LaunchError(
      error.code === 'ENOENT'
        ? 'npm is not on the PATH, and the packages must be installed. Install npm (it comes with Node from nodejs.org) and start again.'
        : `npm could not be started: ${error.message}`,
    )
  })
  const stop = ending.stoppedBy ?? ending.signal
  if (stop) throw new LaunchError('stopped while npm was at work', stop)
  if (ending.code !== 0) throw new LaunchError(`the packages could not be installed. ${adviceFor(printed)}`)
}

/**
 * @param {string} printed
 */
function adviceFor(printed) {
  const named = new Set(printed.match(/\b[A-Z][A-Z0-9_]{3,}\b/g))
  const remedy = remedies.find(({ codes }) => codes.some((code) => named.has(code)))
  return remedy?.advice ?? "npm's own words above say why; correct that and start again."
}
