import type { SecretText } from '../../contract/provider.ts'
import type { TracingSettings } from '../../contract/settings.ts'

type Headers = Record<string, string>

/**
 * The headers of each delivery: those that are set, and for Google's own collector (telemetry.googleapis.com) the token
 * that the machine lends, asked for anew whenever it has run out.
 */
export const authorize = ({ url, headers }: Pick<TracingSettings, 'url' | 'headers'>): (() => Promise<Headers>) => {
  const given = readHeaders(headers)
  if (!new URL(url).hostname.endsWith('.googleapis.com')) return async () => given
  let token: Promise<{ getRequestHeaders(): Promise<Iterable<[string, string]>> }> | null = null
  return async () => {
    token ??= openGoogle().catch((error: unknown) => {
      token = null
      throw error
    })
    const lent = await (await token).getRequestHeaders()
    return { ...given, ...Object.fromEntries(lent) }
  }
}

const openGoogle = async () => {
  const { GoogleAuth } = await import('google-auth-library')
  const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloud-platform' })
  // Asked here, where a failure is awaited: a machine without credentials must cost no more than the spans.
  await auth.getClient()
  return auth
}

/** `name=value,name=value`, the values percent-encoded: the form of OTEL_EXPORTER_OTLP_HEADERS. */
const readHeaders = (text: SecretText | null): Headers =>
  Object.fromEntries(
    (text?.reveal() ?? '')
      .split(',')
      .map((pair) => pair.trim().split(/=(.*)/s))
      .flatMap(([name = '', value = '']) => (name === '' ? [] : [[name.trim(), decode(value.trim())]])),
  )

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
