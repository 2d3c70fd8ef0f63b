import type { Logging } from '@google-cloud/logging'
import type { OwnLog } from '../../contract/settings.ts'
import { once } from '../../lib/once.ts'

/** How our logs are called in Cloud Logging: LOG_ID of projects/PROJECT/logs/LOG_ID. */
export const logIds: Readonly<Record<OwnLog, string>> = {
  audit: 'ai-gateway-audit',
  receipts: 'ai-gateway-receipts',
}

/**
 * Google's library for Cloud Logging, by the credentials that the machine lends. Nothing of it is loaded before the first
 * entry: that takes a good part of a second.
 * @param endpoint where a stand-in of the API listens, e.g. `http://127.0.0.1:8085`; null: Google
 */
export const openLogging = (options: { project: string | null; endpoint: string | null }): (() => Promise<Logging>) =>
  once(async () => {
    const { project, endpoint } = options
    const [{ Logging: Client }, { setInstrumentationStatus }] = await Promise.all([
      import('@google-cloud/logging'),
      import('@google-cloud/logging/build/src/utils/instrumentation.js'),
    ])
    // It would report itself by an entry of its own, once in every process.
    setInstrumentationStatus(true)
    // Over REST, which its types do not name: no connection to keep open beside it.
    const rest = { fallback: true }
    return new Client({
      ...rest,
      ...(project === null ? {} : { projectId: project }),
      ...(endpoint === null ? {} : addressOf(endpoint)),
    })
  })

const addressOf = (endpoint: string): { protocol: string; apiEndpoint: string; port: number } => {
  const { protocol, hostname, port } = new URL(endpoint)
  const isPlain = protocol === 'http:'
  return { protocol: isPlain ? 'http' : 'https', apiEndpoint: hostname, port: Number(port) || (isPlain ? 80 : 443) }
}
