import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { projectRoot } from '../../support/app.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import type { Cloud } from './cloud.ts'
import { installGcloud } from './gcloud.ts'

export interface Deployed {
  code: number | null
  /** Both outputs, as they came. */
  said: string
}

interface Options {
  env?: Readonly<Record<string, string>>
  /** @default deploy/deploy.sh */
  script?: string
  /** Hears what is said, with the process that says it. */
  watch?: (said: string, kill: (signal: NodeJS.Signals) => void) => void
}

/**
 * Runs a script of deploy/ with this cloud behind `gcloud`, as a pipeline would: no terminal, and nothing in the
 * environment. All deployments happen in one and the same second, since two pipelines' may.
 */
export const deploy = async (cloud: Cloud, args: readonly string[], options: Options = {}): Promise<Deployed> => {
  using folder = temporaryFolder()
  await using _gcloud = await installGcloud(folder.path, cloud)
  writeFileSync(path.join(folder.path, 'date'), '#!/bin/sh\necho 20261121-090000\n', { mode: 0o755 })
  const script = path.join(projectRoot, options.script ?? 'deploy/deploy.sh')
  const child = spawn('bash', [script, ...args], {
    cwd: folder.path,
    env: {
      PATH: `${folder.path}${path.delimiter}${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
      SETTLE_SECONDS: '0',
      TMPDIR: folder.path,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  const hear = (text: string): void => {
    said += text
    options.watch?.(said, (signal) => void process.kill(-(child.pid ?? 0), signal))
  }
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  await once(child, 'close')
  return { code: child.exitCode, said }
}
