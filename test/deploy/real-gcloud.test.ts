import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { projectRoot } from '../support/app.ts'
import { commandFault, gcloudCommands } from './gcloud-commands.ts'
import { createCloud } from './support/cloud.ts'
import { deploy } from './support/deploy.ts'
import { render } from './support/render.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Folder of the Google Cloud SDK; null where it is not on this machine. */
const findSdk = (): string | null => {
  const { stdout } = spawnSync('bash', ['-c', 'command -v gcloud'], { encoding: 'utf8' })
  if (stdout.trim() === '') return null
  const sdk = path.resolve(path.dirname(realpathSync(stdout.trim())), '..')
  return existsSync(path.join(sdk, 'lib/googlecloudsdk')) ? sdk : null
}

const sdk = findSdk()

/** What Google's own parser says of command lines and services; null where it has nothing to say. */
const ask = (
  commands: readonly (readonly string[])[],
  services: readonly unknown[] = [],
): { commands: (string | null)[]; services: (string | null)[] } => {
  using home = temporaryFolder()
  const bundled = path.join(sdk ?? '', 'platform/bundledpythonunix/bin/python3')
  const { stdout, stderr, status } = spawnSync(
    existsSync(bundled) ? bundled : 'python3',
    [path.join(projectRoot, 'test/deploy/support/real-gcloud.py')],
    {
      input: JSON.stringify({ sdk, commands, services }),
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        HOME: home.path,
        CLOUDSDK_CONFIG: home.path,
        CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
      },
    },
  )
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

describe.skipIf(sdk === null)("Google's own command line (skipped where the Google Cloud SDK is not installed)", () => {
  test('takes every command that deploy.sh shows in a dry run, and the service that it applies', async () => {
    using folder = temporaryFolder()
    const user = path.join(folder.path, 'user.yaml')
    const service = path.join(folder.path, 'service.yaml')
    writeFileSync(user, '--password: "x"\n')
    writeFileSync(service, JSON.stringify(render()))
    const shown: string[] = []
    const everything = ['--cloudsql', 'pg', '--redis', 'rd', '--secret', 'OPENAI_API_KEY']
    const modes = [
      ['--new-key', 'k'],
      ['--auth', 'iap', '--member', 'user:ada@example.com'],
      ['--auth', 'iam', '--member', 'user:ada@example.com', '--new-key', 'k'],
    ]
    for (const mode of modes) {
      const { code, said } = await deploy(createCloud(), [
        '--project',
        'acme',
        '--region',
        'europe-west1',
        '--dry-run',
        ...everything,
        ...mode,
      ])
      expect(code, said).toBe(0)
      shown.push(...said.split('\n').filter((line) => line.startsWith('  gcloud ')))
    }
    const lines = readShell([...new Set(shown)])
    lines.push(['secrets', 'versions', 'access', 'latest', '--secret=s', '--project=acme', '--quiet'])
    const argvs = lines.map((argv) =>
      argv.map((word) =>
        word.replace(
          /^(--flags-file=)?\/.*\/(user|service)\.yaml$/,
          (_all, flag = '', name) => flag + (name === 'user' ? user : service),
        ),
      ),
    )
    expect(new Set(argvs.map((argv) => commandFault(argv)))).toEqual(new Set([null]))
    const tried = Object.keys(gcloudCommands).filter((command) =>
      argvs.some((argv) => argv.join(' ').startsWith(`${command} `) || argv.join(' ') === command),
    )
    expect(tried).toEqual(Object.keys(gcloudCommands))
    const faults = ask(argvs).commands.map((fault, index) => fault && `${argvs[index]?.join(' ')}: ${fault}`)
    expect(faults.filter((fault) => fault !== null)).toEqual([])
  })

  test('finds a slip in a command, a value that is no choice, and a service that is none', () => {
    const wrong = render()
    wrong.spec.template.spec.containers[0].livenessProbe.httpGet.port = 'eighty'
    const { commands, services } = ask(
      [
        ['run', 'services', 'update-trafic', 'x'],
        ['secrets', 'create', 'x', '--replication-polcy=automatic'],
        ['redis', 'instances', 'create', 'x', '--size=1', '--region=r', '--tier=cheap'],
        ['run', 'services', 'update-traffic', 'x', '--to-revisions'],
      ],
      [render(), wrong],
    )
    expect(commands.every((fault) => fault !== null)).toBe(true)
    expect(services[0]).toBe(null)
    expect(services[1]).not.toBe(null)
  })
})

/** The words of lines that bash's printf %q has written, without the program; by bash, once for all of them. */
const readShell = (lines: readonly string[]): string[][] => {
  const script = lines
    .map((line) => `printf '%s\\0' ${line.trim().slice('gcloud '.length)}; printf '\\n\\0'`)
    .join('\n')
  const { stdout } = spawnSync('bash', [], { input: script, encoding: 'utf8' })
  return stdout
    .split('\n\0')
    .slice(0, -1)
    .map((words) => words.split('\0').slice(0, -1))
}
