import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { readDoctorKey } from '../../config/doctor-key.ts'
import { UsageError } from '../usage-error.ts'
import { readCredentials, type Credentials } from './credentials.ts'
import { readTarget, type Target } from './target.ts'

/** The flags as they were typed. */
export interface DoctorFlags {
  key?: string
  keyFile?: string
  header?: readonly string[]
  model?: string
  spend?: boolean
  upstream?: string
  timeout: string
  json?: boolean
}

/** What the doctor is to do. */
export interface Orders {
  target: Target
  credentials: Credentials
  /** Null: whichever the gateway chooses, where it can. */
  model: string | null
  spend: boolean
  /** Where the doctor's own upstream is to listen; null: nowhere. */
  upstream: { host: string; port: number } | null
  /** For the whole examination. */
  timeoutMs: number
  json: boolean
}

/** @throws UsageError */
export const readOrders = async (url: string, flags: DoctorFlags): Promise<Orders> => {
  if (flags.key !== undefined)
    throw new UsageError(
      'A key on the command line is seen by every user of the machine. Put it in AI_GATEWAY_API_KEY, or use --key-file FILE ("-" for standard input).',
    )
  const { model = null, spend = false, json = false, header = [] } = flags
  const target = readTarget(url)
  const upstream = flags.upstream === undefined ? null : readListener(flags.upstream)
  if (upstream !== null && (!spend || model === null))
    throw new UsageError('--upstream needs --spend, and --model with the model that the gateway routes there.')
  const key = flags.keyFile === undefined ? readDoctorKey() : await readKey(flags.keyFile)
  const lines = (await Promise.all(header.map(readHeaderLines))).flat()
  return {
    target,
    credentials: readCredentials(key, lines),
    model,
    spend,
    upstream,
    timeoutMs: readSeconds(flags.timeout) * 1000,
    json,
  }
}

const readListener = (text: string): { host: string; port: number } => {
  const [, host, port] = /^(\[[0-9a-f:]+\]|[\w.-]+):(\d{1,5})$/i.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535)
    throw new UsageError("--upstream takes the address at which the doctor's upstream is to listen: host:port.")
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

const readSeconds = (text: string): number => {
  if (!/^\d{1,4}(\.\d{1,3})?$/.test(text) || Number(text) < 1)
    throw new UsageError('--timeout takes seconds, from 1 to 9999.')
  return Number(text)
}

const readKey = async (file: string): Promise<string> => {
  const key = (await read(file, '--key-file')).trim()
  if (key === '') throw new UsageError('The key file is empty.')
  return key
}

/** A header as typed, or those of a file, one a line. */
const readHeaderLines = async (typed: string): Promise<string[]> =>
  typed.startsWith('@')
    ? (await read(typed.slice(1), '--header')).split(/\r?\n/).filter((line) => line.trim() !== '')
    : [typed]

const read = async (file: string, flag: string): Promise<string> => {
  try {
    return file === '-' ? await readAll(process.stdin) : await readFile(file, 'utf8')
  } catch {
    throw new UsageError(`The file named by ${flag} cannot be read.`)
  }
}
