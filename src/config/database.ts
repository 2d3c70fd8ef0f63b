import path from 'node:path'
import type { DatabaseSettings, TlsSettings } from '../contract/settings.ts'
import { isLoopbackHost } from '../lib/hosts.ts'
import { envProblem } from './env.ts'
import type { Env } from './env.ts'
import { suggestion } from './explain.ts'
import type { Problem } from './problem.ts'
import { createSecret } from './secrets.ts'
import { AddressFault, decoded, readPem } from './server-address.ts'

const variable = 'DATABASE_URL'

/** The words of libpq that are heeded: https://www.postgresql.org/docs/current/libpq-connect.html */
const parameters = [
  'host',
  'port',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'application_name',
  'connect_timeout',
] as const
type Parameter = (typeof parameters)[number]

const checks: Readonly<Record<string, TlsSettings['check']>> = {
  require: 'nothing',
  'verify-ca': 'authority',
  'verify-full': 'authority and name',
}

const wantsExample = 'write it as postgres://user:password@host:5432/name?sslmode=verify-full'

const noHost = 'no-host.invalid'

/** Reads DATABASE_URL, and the files that it names. No problem tells what the address holds: it may be a password. */
export const readDatabase = (
  env: Pick<Env, 'DATABASE_URL' | 'DATABASE_POOL_MAX'>,
  root: string,
): { database: DatabaseSettings | null; problems: Problem[] } => {
  if (env.DATABASE_URL === undefined) return { database: null, problems: [] }
  try {
    return { database: parse(env.DATABASE_URL, env.DATABASE_POOL_MAX, root), problems: [] }
  } catch (fault) {
    if (!(fault instanceof AddressFault)) throw fault
    return { database: null, problems: [envProblem(variable, fault.message, fault.advice)] }
  }
}

/** Whether others could listen in: neither encrypted nor inside this machine. */
export const isOpenWire = ({ host, tls }: DatabaseSettings): boolean =>
  tls === null && !isSocket(host) && !isLoopbackHost(host)

const isSocket = (host: string): boolean => host.startsWith('/')

const parse = (text: string, poolMax: number, root: string): DatabaseSettings => {
  const url = urlOf(text)
  const said = parametersOf(url)
  const host = said.host ?? decoded(url.hostname).replace(/^\[|\]$/g, '')
  if (host === '' || host === noHost)
    throw new AddressFault('names no host', `${wantsExample}, or a socket's folder as ?host=/cloudsql/…`)
  const database = decoded(url.pathname.slice(1))
  if (database === '') throw new AddressFault('names no database', wantsExample)
  return {
    host,
    port: whole('port', said.port ?? (url.port || '5432')),
    database,
    user: url.username === '' ? undefined : decoded(url.username),
    password: url.password === '' ? undefined : createSecret(decoded(url.password)),
    tls: isSocket(host) ? null : tlsOf(said, root),
    applicationName: said.application_name ?? 'ai-gateway-mcp',
    connectTimeoutMs: whole('connect_timeout', said.connect_timeout ?? '5') * 1_000,
    poolMax,
  }
}

const urlOf = (text: string): URL => {
  if (!/^postgres(?:ql)?:\/\//.test(text)) throw new AddressFault('is no address of a PostgreSQL server', wantsExample)
  // A host that is only in the query leaves its own place empty, which URLs may not do beside a user.
  const filled = text.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[:/?#])/, `$1${noHost}`)
  try {
    return new URL(filled)
  } catch {
    throw new AddressFault(
      'cannot be read as an address',
      `${wantsExample}, with % escapes for signs such as @ and # in a password`,
    )
  }
}

const parametersOf = (url: URL): Partial<Record<Parameter, string>> => {
  const said: Partial<Record<Parameter, string>> = {}
  for (const [name, value] of url.searchParams) {
    const known = parameters.find((parameter) => parameter === name)
    if (!known) throw new AddressFault(`has the unknown parameter "${name}"`, suggestion(name, parameters))
    said[known] = value
  }
  return said
}

const tlsOf = (said: Partial<Record<Parameter, string>>, root: string): TlsSettings | null => {
  const mode = said.sslmode ?? 'disable'
  if (mode === 'disable') return null
  if (mode === 'prefer' || mode === 'allow')
    throw new AddressFault(
      `has sslmode=${mode}, which would go on in plain text without a word`,
      'choose verify-full, verify-ca, require or disable',
    )
  const check = checks[mode]
  if (!check) throw new AddressFault('has an unknown sslmode', suggestion(mode, ['disable', ...Object.keys(checks)]))
  const fileOf = (parameter: 'sslrootcert' | 'sslcert' | 'sslkey'): string | undefined => {
    const file = said[parameter]
    return file === undefined ? undefined : readPem(parameter, path.resolve(root, file))
  }
  const ca = said.sslrootcert === 'system' ? undefined : fileOf('sslrootcert')
  const key = fileOf('sslkey')
  return {
    // As libpq does: who names an authority wants it to be asked.
    check: check === 'nothing' && ca !== undefined ? 'authority' : check,
    ca,
    cert: fileOf('sslcert'),
    key: key === undefined ? undefined : createSecret(key),
  }
}

const whole = (parameter: string, text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) === 0)
    throw new AddressFault(`has a ${parameter} that is no whole number above 0`, 'correct it')
  return Number(text)
}
