import path from 'node:path'
import type { RedisSettings, TlsSettings } from '../contract/settings.ts'
import { isLoopbackHost } from '../lib/hosts.ts'
import { envProblem } from './env.ts'
import type { Env } from './env.ts'
import { suggestion } from './explain.ts'
import type { Problem } from './problem.ts'
import { createSecret } from './secrets.ts'
import { AddressFault, decoded, readPem } from './server-address.ts'

/** What the address alone says. */
export type RedisAddress = Omit<RedisSettings, 'awayShare'>

const variable = 'REDIS_URL'

const parameters = ['cluster', 'prefix', 'timeout', 'check', 'cacert', 'cert', 'key'] as const
type Parameter = (typeof parameters)[number]

const checks: Readonly<Record<string, TlsSettings['check']>> = {
  full: 'authority and name',
  authority: 'authority',
  none: 'nothing',
}

const example = 'write it as rediss://user:password@host:6379, a cluster as rediss://:password@host1:6379,host2:6379'

/** Reads REDIS_URL, and the files that it names. No problem tells what the address holds: it may be a password. */
export const readRedis = (
  env: Pick<Env, 'REDIS_URL'>,
  root: string,
): { redis: RedisAddress | null; problems: Problem[] } => {
  if (env.REDIS_URL === undefined) return { redis: null, problems: [] }
  try {
    return { redis: parse(env.REDIS_URL, root), problems: [] }
  } catch (fault) {
    if (!(fault instanceof AddressFault)) throw fault
    return { redis: null, problems: [envProblem(variable, fault.message, fault.advice)] }
  }
}

/** The node to which others could listen in: neither encrypted nor inside this machine. */
export const openWireOf = ({ nodes, tls }: RedisAddress): RedisSettings['nodes'][number] | undefined =>
  tls ? undefined : nodes.find(({ host }) => !isLoopbackHost(host))

const shape =
  /^(?<scheme>rediss?):\/\/(?:(?<user>[^:@/?#]*)(?::(?<password>[^@/?#]*))?@)?(?<hosts>[^/?#@]*)(?:\/(?<database>\d{0,5}))?(?:\?(?<query>[^#]*))?$/

const parse = (text: string, root: string): RedisAddress => {
  const parts = shape.exec(text)?.groups
  if (!parts)
    throw new AddressFault(
      'is no address of Redis',
      `${example}, with % escapes for signs such as @ and / in a password`,
    )
  const said = parametersOf(new URLSearchParams(parts['query']))
  const nodes = (parts['hosts'] ?? '').split(',').map(nodeOf)
  const isCluster = clusterOf(said, nodes.length)
  const database = Number(parts['database'] ?? '')
  if (isCluster && database !== 0)
    throw new AddressFault('names a database, which clusters do not have', 'leave its number out')
  const { user, password } = parts
  return {
    nodes,
    isCluster,
    database,
    user: user ? decoded(user) : undefined,
    password: password ? createSecret(decoded(password)) : undefined,
    tls: tlsOf(said, parts['scheme'] === 'rediss', root),
    prefix: said.prefix ?? 'gateway:',
    answerMs: answerMsOf(said),
  }
}

const nodeOf = (text: string): RedisSettings['nodes'][number] => {
  const { name, bracketed, port } =
    /^(?:\[(?<bracketed>[\da-f:.]+)\]|(?<name>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/i.exec(text)?.groups ?? {}
  const host = bracketed ?? name
  if (host === undefined) throw new AddressFault('names no host, or one that cannot be read', example)
  const number = Number(port ?? 6379)
  if (number < 1 || number > 65_535)
    throw new AddressFault('has a port that is no number from 1 to 65535', 'correct it')
  return { host: decoded(host), port: number }
}

const parametersOf = (query: URLSearchParams): Partial<Record<Parameter, string>> => {
  const said: Partial<Record<Parameter, string>> = {}
  for (const [name, value] of query) {
    const known = parameters.find((parameter) => parameter === name)
    if (!known) throw new AddressFault(`has the unknown parameter "${name}"`, suggestion(name, parameters))
    said[known] = value
  }
  return said
}

const clusterOf = ({ cluster }: Partial<Record<Parameter, string>>, hosts: number): boolean => {
  if (cluster !== undefined && cluster !== 'true' && cluster !== 'false')
    throw new AddressFault('has a cluster that is neither true nor false', 'correct it')
  if (cluster === 'false' && hosts > 1)
    throw new AddressFault('names several hosts, though it is no cluster', 'name one, or leave cluster=false out')
  return cluster === 'true' || hosts > 1
}

/** On a network of its own Redis answers within one. */
const answerMs = 100

const answerMsOf = ({ timeout }: Partial<Record<Parameter, string>>): number => {
  if (timeout === undefined) return answerMs
  const number = /^\d{1,5}$/.test(timeout) ? Number(timeout) : 0
  if (number < 1 || number > 10_000)
    throw new AddressFault('has a timeout that is no number of milliseconds from 1 to 10000', 'correct it')
  return number
}

const tlsOf = (said: Partial<Record<Parameter, string>>, isEncrypted: boolean, root: string): TlsSettings | null => {
  const ofTls = (['check', 'cacert', 'cert', 'key'] as const).find((name) => said[name] !== undefined)
  if (!isEncrypted) {
    if (ofTls) throw new AddressFault(`has ${ofTls}, which has no effect without TLS`, 'begin it with rediss://')
    return null
  }
  const check = checks[said.check ?? 'full']
  if (!check) throw new AddressFault('has an unknown check', suggestion(said.check ?? '', Object.keys(checks)))
  const fileOf = (parameter: 'cacert' | 'cert' | 'key'): string | undefined => {
    const file = said[parameter]
    return file === undefined ? undefined : readPem(parameter, path.resolve(root, file))
  }
  const key = fileOf('key')
  return { check, ca: fileOf('cacert'), cert: fileOf('cert'), key: key === undefined ? undefined : createSecret(key) }
}
