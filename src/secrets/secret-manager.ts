import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { z } from 'zod'
import { SecretError } from '../contract/secrets.ts'
import type { SecretFault, SecretReference } from '../contract/secrets.ts'
import { crc32c } from '../lib/crc32c.ts'

type Reference = Extract<SecretReference, { kind: 'secret-manager' }>

export interface SecretManager extends AsyncDisposable {
  /** @throws SecretError */
  fetch(reference: Reference, timeoutMs: number): Promise<string>
}

/** Codes of gRPC (https://grpc.io/docs/guides/status-codes/) by which Secret Manager says that a version is not to be had. */
const withdrawn: ReadonlySet<number> = new Set([5 /* not found */, 7 /* forbidden */, 9 /* disabled or destroyed */])

const coded = z.object({ code: z.number() })
const answer = z.object({ data: z.union([z.instanceof(Uint8Array), z.string()]), dataCrc32c: z.coerce.string() })

/**
 * Google Cloud's Secret Manager, by the credentials that the machine lends (Application Default Credentials). Nothing of
 * it is loaded before the first secret is asked for.
 * @param endpoint where a stand-in of it listens, e.g. `http://127.0.0.1:8085`; null: Google
 */
export const createSecretManager = (endpoint: string | null): SecretManager => {
  let opening: Promise<SecretManagerServiceClient> | null = null

  const open = (): Promise<SecretManagerServiceClient> => {
    opening ??= connect(endpoint).catch((error: unknown) => {
      // The next who asks tries again: credentials may come late.
      opening = null
      throw new SecretError('unavailable', 'this machine lends no Google credentials', { cause: error })
    })
    return opening
  }

  const access = async ({ project, name, version }: Reference, timeoutMs: number): Promise<string> => {
    const client = await open()
    try {
      const projectId = project ?? (await client.getProjectId())
      const path = `projects/${projectId}/secrets/${name}/versions/${version}`
      // The client's own policy would go on for ten minutes; when to ask again is for whoever uses the secret.
      const [{ payload }] = await client.accessSecretVersion({ name: path }, { timeout: timeoutMs, maxRetries: 0 })
      return textOf(payload)
    } catch (error) {
      if (error instanceof SecretError) throw error
      throw new SecretError(faultOf(error), `Secret Manager did not give ${name}@${version}`, { cause: error })
    }
  }

  return {
    fetch: access,
    [Symbol.asyncDispose]: async () => {
      await opening?.then(
        (client) => client.close(),
        () => undefined,
      )
    },
  }
}

const connect = async (endpoint: string | null): Promise<SecretManagerServiceClient> => {
  const { SecretManagerServiceClient: Client } = await import('@google-cloud/secret-manager')
  // REST: half the time to load, and no connection to keep open beside it.
  const client = new Client({ fallback: true, ...(endpoint === null ? {} : addressOf(endpoint)) })
  // Without this a machine that has no credentials rejects a promise that nobody holds, which ends the process.
  await client.initialize()
  await client.auth.getClient()
  return client
}

const addressOf = (endpoint: string): { protocol: string; apiEndpoint: string; port: number } => {
  const { protocol, hostname, port } = new URL(endpoint)
  const isPlain = protocol === 'http:'
  return { protocol: isPlain ? 'http' : 'https', apiEndpoint: hostname, port: Number(port) || (isPlain ? 80 : 443) }
}

const faultOf = (error: unknown): SecretFault => {
  const { data } = coded.safeParse(error)
  return data && withdrawn.has(data.code) ? 'withdrawn' : 'unavailable'
}

/** The client does not hold the text against the checksum that comes with it. */
const textOf = (payload: unknown): string => {
  const { data, success } = answer.safeParse(payload)
  if (!success) throw new SecretError('unavailable', 'Secret Manager answered without a secret')
  const bytes = typeof data.data === 'string' ? Buffer.from(data.data, 'base64') : data.data
  if (String(crc32c(bytes)) !== data.dataCrc32c)
    throw new SecretError('unavailable', 'what Secret Manager sent does not meet its checksum')
  const text = new TextDecoder().decode(bytes).trim()
  if (text === '') throw new SecretError('unavailable', 'the secret is empty')
  return text
}
