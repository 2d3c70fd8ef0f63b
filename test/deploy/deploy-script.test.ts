import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { startApp } from '../support/app.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { gcloudCommands } from './gcloud-commands.ts'
import { createCloud, sharesOf } from './support/cloud.ts'
import type { Call, Cloud, CloudOptions } from './support/cloud.ts'
import { deploy } from './support/deploy.ts'
import type { Loose } from './support/loose.ts'

// deploy.sh runs whole, against a project that remembers; behind the service's URL is a real gateway, for the doctor.

// A run starts a dozen programs: seconds on a machine at rest, a minute on a busy one.
vi.setConfig({ testTimeout: 300_000 })

const image = `europe-docker.pkg.dev/acme/ai-gateway/gateway@sha256:${'cd'.repeat(32)}`
const base = ['--project', 'acme', '--region', 'europe-west1', '--yes', '--image', image]
const trial = [...base, '--ephemeral', '--env', 'PROVIDERS=sandbox', '--secret', 'API_KEY_HASHES']
const hashes = { API_KEY_HASHES: 'a'.repeat(64) }
const atOnce = ['--promote-percent', '100']

const changes = ({ calls }: Cloud): string[] =>
  calls.map(({ command }) => command).filter((command) => !/describe|list|get-|print-|access$/.test(command))

/** The command line of the only call of a command. */
const lineOf = ({ calls }: Cloud, command: string): string =>
  calls
    .filter((call) => call.command === command)
    .map(({ argv }) => argv.join(' '))
    .join('\n')

/** In place of the doctor, which takes its time: one test has the real one. */
const programs = temporaryFolder()
afterAll(() => programs[Symbol.dispose]())
const program = (name: string, exitCode: number): string[] => {
  const file = path.join(programs.path, name)
  writeFileSync(file, `#!/usr/bin/env bash\necho "looked at $1"\nexit ${exitCode}\n`, { mode: 0o755 })
  return ['--smoke', file]
}
const content = program('content', 0)
const discontent = program('discontent', 1)

/** Stops after a revision was applied, before the doctor, which takes seconds. */
const untilApplied = (): Cloud =>
  createCloud({
    fails: ({ command, argv }) =>
      command === 'run services describe' && argv.includes('--format=json') ? 'That is all for today.' : null,
  })

/** What the trial leaves behind; the same every time, so made once. */
let left: Promise<Cloud> | null = null

/** A project in which the trial runs already, as deploy.sh left it. */
const deployed = async (options: CloudOptions): Promise<Cloud> => {
  left ??= (async () => {
    const cloud = untilApplied()
    await deploy(cloud, trial, { env: hashes })
    expect(cloud.service).not.toBeNull()
    return cloud
  })()
  const { secrets, labels, service, made, roles, apis } = await left
  return Object.assign(createCloud(options), structuredClone({ secrets, labels, service, made, roles, apis }))
}

describe('a deployment', () => {
  const it = { url: 'https://candidate---gateway.invalid' }

  test('needs no key of its own where the database may hold those of the callers', async () => {
    const cloud = untilApplied()
    const args = [...base, '--env', 'PROVIDERS=sandbox']
    const { said } = await deploy(cloud, args, { env: { DATABASE_URL: 'postgres://u:p@db.example/gateway' } })
    expect(said).toContain('who may call is in its database')
    expect(cloud.service).not.toBeNull()
    expect([...cloud.secrets.keys()].toSorted()).toEqual(['ai-gateway-database-url', 'ai-gateway-run-monitoring'])
  })

  test('the first deployment makes what is missing, and a second makes a revision and nothing else', async () => {
    const cloud = createCloud({ url: it.url })
    const first = await deploy(cloud, [...trial, ...content], { env: hashes })
    expect(first.code, first.said).toBe(0)
    expect(new Set(changes(cloud))).toEqual(
      new Set([
        'services enable',
        'iam service-accounts create',
        'projects add-iam-policy-binding',
        'secrets create',
        'secrets versions add',
        'secrets add-iam-policy-binding',
        'beta run services replace',
      ]),
    )
    expect(first.said).toContain('RECEIPTS, LIMITS AND KEYS MADE THERE DIE WITH IT')
    expect(first.said).toContain('https://ai-gateway-424242.europe-west1.run.app/mcp')
    expect([...cloud.roles].toSorted()).toEqual([
      'ai-gateway-api-key-hashes serviceAccount:ai-gateway@acme.iam.gserviceaccount.com',
      'ai-gateway-run-monitoring serviceAccount:ai-gateway@acme.iam.gserviceaccount.com',
      'project roles/logging.logWriter',
      'project roles/monitoring.metricWriter',
      'project roles/telemetry.tracesWriter',
    ])

    const [before = ''] = Object.keys(sharesOf(cloud))
    cloud.calls.length = 0
    const second = await deploy(cloud, [...base, ...atOnce, ...content, '--ephemeral', '--env', 'PROVIDERS=sandbox'])
    expect(second.code, second.said).toBe(0)
    expect(changes(cloud)).toEqual(['beta run services replace', 'run services update-traffic'])
    const [after] = Object.keys(sharesOf(cloud))
    expect(sharesOf(cloud)).toEqual({ [after ?? '']: 100 })
    expect(after).not.toBe(before)
  })

  test('a new revision gets no traffic, then a share, then all, and is examined before each', async () => {
    const shares: Record<string, number>[] = []
    const cloud: Cloud = await deployed({
      url: it.url,
      fails: ({ command }) => {
        if (command === 'run services update-traffic') shares.push(sharesOf(cloud))
        return null
      },
    })
    const [before = ''] = Object.keys(sharesOf(cloud))
    await using figures = await serveFigures(before, { requests: 500, failures: 2 })
    const { code, said } = await deploy(cloud, [...trial, ...content, '--bake', '0', '--promote-percent', '25'], {
      env: { ...hashes, CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: figures.url },
    })
    expect(code, said).toBe(0)
    const [after = ''] = Object.keys(sharesOf(cloud))
    expect(shares).toEqual([{ [before]: 100 }, { [after]: 25, [before]: 75 }])
    expect(sharesOf(cloud)).toEqual({ [after]: 100 })
    expect(said.match(/looked at https:\/\/candidate---gateway.invalid/g)).toHaveLength(2)
    expect(figures.tokens).toEqual(new Set(['Bearer a-token']))
  })

  test('a revision that fails more often than the one before is rolled back', async () => {
    const cloud = await deployed({ url: it.url })
    const [before = ''] = Object.keys(sharesOf(cloud))
    await using figures = await serveFigures(before, { requests: 500, failures: 40 })
    const { code, said } = await deploy(cloud, [...trial, ...content, '--bake', '0'], {
      env: { ...hashes, CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING: figures.url },
    })
    expect(code).toBe(1)
    expect(said).toContain('It fails more often than the one before.')
    expect(said).toContain('The callers are served by')
    expect(sharesOf(cloud)).toEqual({ [before]: 100 })
  })

  test('held, a revision keeps its share, and --promote goes on or back', async () => {
    const cloud = await deployed({ url: it.url })
    const [before = ''] = Object.keys(sharesOf(cloud))
    const { code, said } = await deploy(cloud, [...trial, ...content, '--hold'], { env: hashes })
    expect(code, said).toBe(0)
    expect(sharesOf(cloud)).toMatchObject({ [before]: 90 })
    const back = await deploy(cloud, ['--project', 'acme', '--region', 'europe-west1', '--promote', before])
    expect(back.code, back.said).toBe(0)
    expect(sharesOf(cloud)).toEqual({ [before]: 100 })
  })

  test('whoever stops it while two revisions serve leaves one', async () => {
    const cloud = await deployed({ url: it.url })
    const before = sharesOf(cloud)
    let stopped = false
    const { code, said } = await deploy(cloud, [...trial, ...content, '--bake', '300'], {
      env: hashes,
      watch: (text, kill) => {
        if (stopped || !text.includes('Wait 300 s')) return
        stopped = true
        // A moment later, when it waits.
        setTimeout(() => kill('SIGINT'), 300)
      },
    })
    expect(code).toBe(1)
    expect(said).toContain('You stopped it.')
    expect(sharesOf(cloud)).toEqual(before)
  })
})

describe('a fault', () => {
  test('that the examination finds keeps every request from the new revision', async () => {
    const cloud = await deployed({ url: 'https://candidate---gateway.invalid' })
    const before = sharesOf(cloud)
    const { code, said } = await deploy(cloud, [...trial, ...discontent], { env: hashes })
    expect(code).toBe(1)
    expect(said).toContain('The examination finds something wrong')
    expect(said).toContain('gcloud run services logs read ai-gateway')
    expect(sharesOf(cloud)).toEqual(before)
  })

  test('in a first deployment says how to look and how to clean up', async () => {
    const cloud = createCloud()
    const { code, said } = await deploy(cloud, [...trial, ...discontent], { env: hashes })
    expect(code).toBe(1)
    expect(said).toContain('gcloud run services delete ai-gateway')
  })

  test('at any step of gcloud stops the script, which says what to do', async () => {
    const secrets = ['--secret', 'OPENAI_API_KEY', '--secret', 'API_KEY_HASHES']
    const everything = [...base, '--cloudsql', 'pg', '--redis', 'rd', '--create', ...secrets, ...discontent]
    const env = { ...hashes, OPENAI_API_KEY: 'sk-1' }
    const whole = createCloud({ url: 'http://127.0.0.1:9' })
    await deploy(whole, everything, { env })
    const steps = [...new Set(whole.calls.map(({ command }) => command))]
    expect(steps).toEqual(
      expect.arrayContaining(['sql users create', 'redis instances create', 'beta run services replace']),
    )
    const stopAt = async (step: string): Promise<void> => {
      const refusal = 'PERMISSION_DENIED: The caller does not have permission'
      const cloud = createCloud({ fails: ({ command }) => (command === step ? refusal : null) })
      const { code, said } = await deploy(cloud, everything, { env })
      expect(code, step).toBe(1)
      expect(said, step).toContain(refusal)
      expect(said, step).toMatch(/\nStopped: .+\nNext: .+/)
      expect(cloud.calls.at(-1)?.command, step).toBe(step)
    }
    while (steps.length > 0) await Promise.all(steps.splice(0, 4).map(stopAt))
  }, 300_000)
})

test('the doctor examines a first deployment, and finds nothing wrong with a gateway', async () => {
  await using it = await startApp()
  const { code, said } = await deploy(createCloud({ url: it.url }), trial, { env: hashes })
  expect(code, said).toBe(0)
  expect(said).toMatch(/The gateway (is well|works)/)
}, 300_000)

describe('what it makes', () => {
  test('no secret is on any command line, and each comes whole to Secret Manager', async () => {
    const cloud = untilApplied()
    const values = {
      OPENAI_API_KEY: 'sk-\'$x\n"y',
      API_KEY_HASHES: 'b'.repeat(64),
      DATABASE_URL: 'postgresql://u:pw@h/db',
    }
    const names = ['--secret', 'OPENAI_API_KEY', '--secret', 'API_KEY_HASHES']
    const { said } = await deploy(cloud, [...base, ...names], { env: values })
    expect(cloud.secrets.get('ai-gateway-openai-api-key')).toEqual([values.OPENAI_API_KEY])
    expect(cloud.secrets.get('ai-gateway-database-url')).toEqual([values.DATABASE_URL])
    const lines = cloud.calls.map(({ argv }) => argv.join(' ')).join('\n')
    for (const secret of [...Object.values(values), 'pw@h']) {
      expect(lines).not.toContain(secret)
      expect(said).not.toContain(secret)
    }
    expect(JSON.stringify(cloud.service?.yaml)).toContain(
      '"secretKeyRef":{"name":"ai-gateway-openai-api-key","key":"1"}',
    )
    expect(JSON.stringify(cloud.service?.yaml)).not.toContain('sk-')
  })

  test('a database of its own has a password that nobody has seen, and the service its socket', async () => {
    const cloud = untilApplied()
    const { said } = await deploy(
      cloud,
      [
        ...base,
        '--cloudsql',
        'pg',
        '--redis',
        'rd',
        '--create',
        '--env',
        'PROVIDERS=sandbox',
        '--secret',
        'API_KEY_HASHES',
      ],
      { env: hashes },
    )
    const [url = ''] = cloud.secrets.get('ai-gateway-database-url') ?? []
    const [, password = ''] =
      /^postgresql:\/\/gateway:([0-9a-f]{48})@localhost\/gateway\?host=\/cloudsql\/acme:europe-west1:pg$/.exec(url) ??
      []
    expect(password).not.toBe('')
    expect(said).not.toContain(password)
    expect(lineOf(cloud, 'sql users create')).not.toContain(password)
    expect(cloud.secrets.get('ai-gateway-redis-url')).toEqual(['redis://:redis-password@10.0.0.3:6379'])
    expect(cloud.service?.yaml).toMatchObject({
      spec: {
        template: {
          metadata: {
            annotations: {
              'run.googleapis.com/cloudsql-instances': 'acme:europe-west1:pg',
              'run.googleapis.com/network-interfaces': '[{"network":"default","subnetwork":"default"}]',
            },
          },
        },
      },
    })
    expect(cloud.roles).toContain('project roles/cloudsql.client')
  })

  test('a first key is in the file alone, and its hash opens the gateway', async () => {
    using folder = temporaryFolder()
    const file = path.join(folder.path, 'key')
    const cloud = untilApplied()
    const { said } = await deploy(cloud, [...base, '--ephemeral', '--env', 'PROVIDERS=sandbox', '--new-key', file])
    const key = readFileSync(file, 'utf8').trim()
    expect(key).toMatch(/^gw_[\w-]{43}$/)
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(said).not.toContain(key)
    const [stored = ''] = cloud.secrets.get('ai-gateway-api-key-hashes') ?? []
    await using it = await startApp({ env: { AUTH_MODE: 'api-key', API_KEY_HASHES: stored } })
    const ask = (secret: string) => fetch(`${it.url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } })
    expect((await ask(key)).status).toBe(200)
    expect((await ask('gw_wrong')).status).toBe(401)
  })

  test.each([
    ['iam', [], 'false', undefined, { AUTH_MODE: 'api-key' }],
    [
      'iap',
      [],
      'false',
      'true',
      {
        AUTH_MODE: 'oauth',
        OAUTH_VERIFIER: 'iap',
        OAUTH_AUDIENCE: '/projects/424242/locations/europe-west1/services/ai-gateway',
      },
    ],
    [
      'connector',
      ['--auth-mode', 'oauth', '--env', 'OAUTH_ISSUER=https://login.example'],
      'true',
      undefined,
      { AUTH_MODE: 'oauth', OAUTH_ISSUER: 'https://login.example' },
    ],
  ])('--auth %s %j', async (auth, more, checkOff, iap, wanted) => {
    const cloud = untilApplied()
    const keys = auth === 'iam' ? ['--secret', 'API_KEY_HASHES'] : []
    const members = auth === 'connector' ? [] : ['--member', 'group:team@example.com']
    await deploy(
      cloud,
      [...base, '--ephemeral', '--env', 'PROVIDERS=sandbox', '--auth', auth, ...keys, ...members, ...more],
      { env: hashes },
    )
    const yaml: Loose = cloud.service?.yaml
    const { annotations } = yaml.metadata
    expect(annotations['run.googleapis.com/invoker-iam-disabled']).toBe(checkOff)
    expect(annotations['run.googleapis.com/iap-enabled']).toBe(iap)
    const env = Object.fromEntries(yaml.spec.template.spec.containers[0].env.map((it: Loose) => [it.name, it.value]))
    expect(env).toMatchObject(wanted)
    const grants = lineOf(
      cloud,
      auth === 'iap' ? 'beta iap web add-iam-policy-binding' : 'run services add-iam-policy-binding',
    )
    expect(grants.includes('group:team@example.com')).toBe(auth !== 'connector')
  })
})

describe('it refuses', () => {
  const refused = async (
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    cloud = createCloud(),
  ) => {
    const { code, said } = await deploy(cloud, args, { env })
    expect(code, said).not.toBe(0)
    expect(changes(cloud)).toEqual([])
    return said
  }

  test.each([
    ['no project', ['--region', 'r'], /--project is missing/],
    ['no region', ['--project', 'p'], /--region is missing/],
    ['a flag that there is not', [...base, '--no-trafic', 'x'], /There is no flag --no-trafic/],
    ['a flag without its value', [...base, '--redis'], /--redis needs a value/],
    ['a share beyond all', [...base, '--promote-percent', '101'], /no number from 1 to 100/],
    [
      'nobody asked for a key',
      [...base, '--auth-mode', 'none'],
      /would let everybody on the internet spend your money/,
    ],
    ['the same by the variable', [...base, '--env', 'AUTH_MODE=none'], /AUTH_MODE follows from --auth/],
    ['modes that exclude each other', [...base, '--auth', 'iam', '--auth-mode', 'oauth'], /do not go together/],
    ['OAuth of nobody', [...base, '--auth-mode', 'oauth'], /OAUTH_ISSUER/],
    ['members that nobody checks', [...base, '--member', 'user:a@b.c'], /no effect with --auth connector/],
    ['a secret in the open', [...base, '--env', 'OPENAI_API_KEY=sk-1'], /OPENAI_API_KEY is a secret/],
    ['a value for a name', [...base, '--secret', 'sk-proj-1'], /does not belong on the command line/],
    ['two that know nothing of each other', [...base, '--ephemeral', '--max-instances', '2'], /there is one instance/],
    ['a name too long for an account', [...base, '--service', 'a'.repeat(31)], /is no name/],
    [
      'to act unasked',
      ['--project', 'p', '--region', 'r', '--ephemeral', '--env', 'PROVIDERS=sandbox', '--secret', 'API_KEY_HASHES'],
      /Add --yes/,
    ],
  ])('%s', async (_what, args, words) => {
    expect(await refused(args, hashes)).toMatch(words)
  })

  test('to run without a database, and says what the choices are', async () => {
    const said = await refused([...base, '--env', 'PROVIDERS=sandbox', '--secret', 'API_KEY_HASHES'], hashes)
    expect(said).toMatch(/no DATABASE_URL[^]*--cloudsql[^]*--ephemeral/)
  })

  test('a gateway that nobody can enter', async () => {
    expect(await refused([...base, '--ephemeral', '--env', 'PROVIDERS=sandbox'])).toContain('--new-key')
    // A database that is made in the same breath holds no key yet.
    const made = ['--cloudsql', 'pg', '--create', '--env', 'PROVIDERS=sandbox']
    expect(await refused([...base, ...made])).toContain('--new-key')
  })

  test('a gateway that can call nobody', async () => {
    expect(await refused([...base, '--ephemeral', '--secret', 'API_KEY_HASHES'], hashes)).toContain(
      'No provider can be called',
    )
  })

  test('a secret that is nowhere', async () => {
    expect(await refused([...trial, '--secret', 'XAI_API_KEY'], hashes)).toContain('export XAI_API_KEY')
  })

  test('a database that is not there, unless told to make it', async () => {
    const args = [...base, '--cloudsql', 'pg', '--env', 'PROVIDERS=sandbox', '--secret', 'API_KEY_HASHES']
    const cloud = createCloud()
    const { code, said } = await deploy(cloud, args, { env: hashes })
    expect(code).toBe(1)
    expect(said).toContain('add --create')
    expect(changes(cloud)).not.toContain('sql instances create')
  })

  test('to overwrite a key that somebody may use', async () => {
    using folder = temporaryFolder()
    const file = path.join(folder.path, 'key')
    const cloud = untilApplied()
    await deploy(cloud, [...base, '--ephemeral', '--env', 'PROVIDERS=sandbox', '--new-key', file])
    cloud.calls.length = 0
    expect(await refused([...trial, '--new-key', file], hashes, cloud)).toContain('is there already')
    expect(await refused([...trial, '--new-key', `${file}2`], hashes, cloud)).toContain('has keys already')
  })

  test('to take a database away from a service that has one', async () => {
    const cloud = untilApplied()
    const pg = ['--cloudsql', 'pg', '--create', '--env', 'PROVIDERS=sandbox', '--secret', 'API_KEY_HASHES']
    await deploy(cloud, [...base, ...pg], { env: hashes })
    const { secrets, labels, service, made, roles, apis } = cloud
    const now = Object.assign(createCloud(), { secrets, labels, service, made, roles, apis })
    const forgetful = await deploy(now, base)
    expect(forgetful.said).toContain('No provider can be called')
    const { code, said } = await deploy(now, [...base, '--env', 'OPENAI_BASE_URL=https://models.example/v1'])
    expect(code).toBe(1)
    expect(said).toMatch(/would no longer have:\n {2}- run.googleapis.com\/cloudsql-instances\n {2}- PROVIDERS\n/)
    expect(changes(now)).toEqual([])
    expect(now.service).toBe(service)
  })
})

test('a dry run shows every command, runs none, and needs nothing', async () => {
  const cloud = createCloud()
  const everything = ['--cloudsql', 'pg', '--redis', 'rd', '--secret', 'OPENAI_API_KEY', '--new-key', 'not-made']
  const modes = [
    [],
    ['--auth', 'iap', '--member', 'user:ada@example.com'],
    ['--auth', 'iam', '--member', 'user:ada@example.com'],
  ]
  const shown = new Set<string>()
  for (const mode of modes) {
    const keys = mode[1] === 'iap' ? everything.slice(0, -2) : everything
    const { code, said } = await deploy(cloud, [
      '--project',
      'acme',
      '--region',
      'europe-west1',
      '--dry-run',
      ...keys,
      ...mode,
    ])
    expect(code, said).toBe(0)
    for (const command of Object.keys(gcloudCommands)) if (said.includes(`  gcloud ${command} `)) shown.add(command)
  }
  expect(cloud.calls).toEqual([])
  expect(existsSync('not-made')).toBe(false)
  const seldom = ['secrets versions access']
  expect(Object.keys(gcloudCommands).filter((command) => !shown.has(command))).toEqual(seldom)
})

test('a dry run of nothing but a project and a region says what is lacking, and shows the rest', async () => {
  const cloud = createCloud()
  const { code, said } = await deploy(cloud, ['--project', 'acme', '--region', 'europe-west1', '--dry-run'])
  expect(code).toBe(1)
  expect(said).toContain('Lacking: There is no DATABASE_URL')
  expect(said).toContain('Lacking: No provider can be called.')
  for (const command of [
    'secrets create ai-gateway-database-url',
    'builds submit',
    'beta run services replace',
    'run services update-traffic',
  ])
    expect(said).toContain(`  gcloud ${command}`)
  expect(said).toContain('That was a dry run: nothing has changed.')
  expect(said).toContain('Stopped: Without --dry-run it would not begin')
  expect(cloud.calls).toEqual([])

  const trialOnly = [
    '--project',
    'acme',
    '--region',
    'europe-west1',
    '--dry-run',
    '--ephemeral',
    '--env',
    'PROVIDERS=sandbox',
  ]
  const keyless = await deploy(cloud, trialOnly)
  expect(keyless.code).toBe(1)
  expect(keyless.said).toContain('Lacking: The gateway has no key yet')
  expect(keyless.said).not.toContain('in its database')
})

describe('the list of commands', () => {
  test.each<[string, Pick<Call, 'argv'>['argv']]>([
    ['a slip in a flag', ['run', 'services', 'describe', 'x', '--regoin=r']],
    ['a flag of another command', ['run', 'services', 'describe', 'x', '--to-revisions=a=100']],
    ['a command that there is not', ['run', 'service', 'describe', 'x']],
  ])('finds %s', (_what, argv) => {
    expect(createCloud().answer(argv, '').code).toBe(64)
  })
})

/** Managed Service for Prometheus, where one request of the revision before failed and `worst.failures` of any other. */
const serveFigures = async (before: string, worst: { requests: number; failures: number }) => {
  const tokens = new Set<string>()
  const server = createServer((req, res) => {
    let body = ''
    req.setEncoding('utf8').on('data', (text: string) => (body += text))
    req.on('end', () => {
      tokens.add(req.headers.authorization ?? '')
      const query = new URLSearchParams(body).get('query') ?? ''
      const revision = /revision_name="([^"]+)"/.exec(query)?.[1] ?? ''
      const value = query.includes('histogram')
        ? 'NaN'
        : query.includes('status=~')
          ? revision === before
            ? 1
            : worst.failures
          : worst.requests
      res.setHeader('content-type', 'application/json')
      res.end(
        JSON.stringify({
          status: 'success',
          data: { resultType: 'vector', result: [{ metric: {}, value: [0, String(value)] }] },
        }),
      )
    })
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/`,
    tokens,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
