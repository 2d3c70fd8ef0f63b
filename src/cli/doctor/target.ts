import { UsageError } from '../usage-error.ts'

/** Where the gateway's faces are. URLs are without a trailing slash. */
export interface Target {
  /** What the report calls it. */
  root: string
  /** Of the OpenAI-compatible face: ends in `/v1` unless the root was named otherwise. */
  api: string
  mcp: string
}

/**
 * Reads a gateway's URL: its root, its `/mcp`, or the `/v1` that OpenAI's clients take as base URL.
 * @throws UsageError
 */
export const readTarget = (text: string): Target => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError('The URL must begin with http:// or https://, such as http://127.0.0.1:8080.')
  if (url.username !== '' || url.password !== '')
    throw new UsageError(
      'Leave user and password out of the URL: other users of the machine see them. Use --header @FILE with an "authorization" header.',
    )
  if (url.search !== '' || url.hash !== '') throw new UsageError('Leave query and fragment out of the URL.')
  const root = `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/(v1|mcp)$/, '')
  return { root, api: `${root}/v1`, mcp: `${root}/mcp` }
}
