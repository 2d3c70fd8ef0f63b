import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { commandFault, commandOf } from '../gcloud-commands.ts'
import type { Loose } from './loose.ts'

interface Target {
  revisionName: string
  percent: number
  tag?: string
}

interface Answer {
  code: number
  stdout?: string
  stderr?: string
}

/** A call of gcloud, as it was made. */
export interface Call {
  argv: readonly string[]
  /** `run services replace` and its like. */
  command: string
  stdin: string
}

/** A project at Google's: what is in it, and every call that was made. */
export interface Cloud {
  calls: Call[]
  /** Versions by secret, the oldest first. */
  secrets: Map<string, string[]>
  labels: Map<string, string>
  service: { yaml: unknown; traffic: Target[] } | null
  /** Everything else that was made: `sql instances create pg` and its like. */
  made: Set<string>
  roles: Set<string>
  apis: Set<string>
  answer(argv: readonly string[], stdin: string): Answer
}

export interface CloudOptions {
  /** Where the service and its tagged revisions answer; both are told to be there. */
  url?: string
  /** Commands that fail, and what gcloud says then. */
  fails?: (call: Call) => string | null
}

const ok = (stdout = ''): Answer => ({ code: 0, stdout: stdout === '' ? '' : `${stdout}\n` })
const missing = (what: string): Answer => ({ code: 1, stderr: `ERROR: NOT_FOUND: ${what} was not found.` })

/**
 * An empty project, which keeps what is made in it. Commands and flags that are not on the list end with code 64, so that
 * no test passes with a slip of the pen.
 */
export const createCloud = ({ url = 'https://gateway.invalid', fails }: CloudOptions = {}): Cloud => {
  const cloud: Cloud = {
    calls: [],
    secrets: new Map(),
    labels: new Map(),
    service: null,
    made: new Set(),
    roles: new Set(),
    apis: new Set(),
    answer(argv, stdin) {
      const fault = commandFault(argv)
      if (fault !== null) return { code: 64, stderr: fault }
      const call = { argv, command: commandOf(argv) ?? '', stdin }
      cloud.calls.push(call)
      const refused = fails?.(call) ?? null
      return refused === null ? act(call) : { code: 1, stderr: `ERROR: ${refused}` }
    },
  }

  const act = ({ argv, command, stdin }: Call): Answer => {
    const words = argv.slice(command.split(' ').length).filter((word) => !word.startsWith('-'))
    const [name = ''] = words
    const flag = (wanted: string): string =>
      argv.find((word) => word.startsWith(`${wanted}=`))?.slice(wanted.length + 1) ?? ''
    switch (command) {
      case 'projects describe':
        return ok('424242')
      case 'auth print-identity-token':
      case 'auth print-access-token':
        return ok('a-token')
      case 'services list':
        return ok([...cloud.apis].join('\n'))
      case 'services enable':
        for (const api of words) cloud.apis.add(api)
        return ok()
      case 'projects get-iam-policy':
        return ok(rolesOf('project'))
      case 'secrets get-iam-policy':
        return ok(
          [...cloud.roles]
            .filter((it) => it.startsWith(`${name} `))
            .map((it) => it.split(' ')[1])
            .join('\n'),
        )
      case 'projects add-iam-policy-binding':
        cloud.roles.add(`project ${flag('--role')}`)
        return ok()
      case 'secrets add-iam-policy-binding':
        cloud.roles.add(`${name} ${flag('--member')}`)
        return ok()
      case 'secrets list':
        return ok(
          [...cloud.labels]
            .filter(([, label]) => `labels.${label}` === flag('--filter'))
            .map(([secret]) => `projects/424242/secrets/${secret}`)
            .join('\n'),
        )
      case 'secrets describe':
        return cloud.secrets.has(name) ? ok() : missing(`Secret [${name}]`)
      case 'secrets create':
        cloud.secrets.set(name, [])
        cloud.labels.set(name, flag('--labels'))
        return ok()
      case 'secrets versions add':
        cloud.secrets.get(name)?.push(stdin)
        return ok()
      case 'secrets versions access':
        return ok(cloud.secrets.get(flag('--secret'))?.at(-1)?.trimEnd())
      case 'secrets versions list': {
        const count = cloud.secrets.get(name)?.length ?? 0
        return ok(count === 0 ? '' : `projects/424242/secrets/${name}/versions/${count}`)
      }
      case 'artifacts docker images describe':
        return ok(`sha256:${'ab'.repeat(32)}`)
      case 'redis instances get-auth-string':
        return ok('redis-password')
      case 'beta run services replace':
        return replace(parse(readFileSync(name, 'utf8')))
      case 'run services describe':
        return cloud.service === null ? missing('Cannot find service') : ok(JSON.stringify(describe(cloud.service)))
      case 'run services update-traffic':
        return updateTraffic(flag('--to-revisions'))
      default:
        return keep(command, name, flag)
    }
  }

  /** What is only made and looked for. */
  const keep = (command: string, name: string, flag: (name: string) => string): Answer => {
    const kind = command.split(' ').slice(0, -1).join(' ')
    const key = `${kind} ${name.split('@')[0]}`
    if (!command.endsWith(' describe')) {
      cloud.made.add(key)
      return ok()
    }
    if (!cloud.made.has(key) && kind !== 'compute networks subnets') return missing(key)
    return ok(kind === 'redis instances' && flag('--format') !== '' ? '10.0.0.3:6379' : '')
  }

  const rolesOf = (whose: string): string =>
    [...cloud.roles]
      .filter((it) => it.startsWith(`${whose} `))
      .map((it) => it.slice(whose.length + 1))
      .join('\n')

  const replace = (yaml: Loose): Answer => {
    const revisionName: string = yaml.spec.template.metadata.name
    if (cloud.service?.traffic.some((target) => target.revisionName === revisionName))
      return { code: 1, stderr: `ERROR: Revision named '${revisionName}' with different configuration already exists.` }
    const traffic: Target[] = yaml.spec.traffic ?? [{ revisionName, percent: 100 }]
    cloud.service = { yaml, traffic }
    return ok()
  }

  const updateTraffic = (shares: string): Answer => {
    if (cloud.service === null) return missing('service')
    const wanted = shares.split(',').map((share): Target => {
      const [revisionName = '', percent] = share.split('=')
      return { revisionName, percent: Number(percent) }
    })
    const tagged = cloud.service.traffic
      .filter(({ tag }) => tag !== undefined)
      .map((target) => ({ ...target, percent: 0 }))
    cloud.service.traffic = [...wanted, ...tagged]
    return ok()
  }

  const describe = ({ yaml, traffic }: { yaml: Loose; traffic: Target[] }) => ({
    ...yaml,
    status: {
      url,
      latestReadyRevisionName: yaml.spec.template.metadata.name,
      traffic: traffic.map((target) => (target.tag === undefined ? target : { ...target, url })),
    },
  })
  return cloud
}

/** The share of the requests that each revision gets. */
export const sharesOf = ({ service }: Cloud): Record<string, number> =>
  Object.fromEntries(
    (service?.traffic ?? []).filter(({ percent }) => percent > 0).map((it) => [it.revisionName, it.percent]),
  )
