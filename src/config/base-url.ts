import type { Env } from './env.ts'
import { plainUrl } from './env.ts'
import { isLoopbackHost, isPrivateHost, isWildcardHost } from '../lib/hosts.ts'

export type BaseUrl = { url: string } | { problem: string; advice: string }

/** Checks where a provider's API is said to begin: nothing that would leak a key or lead back to ourselves. */
export const checkBaseUrl = (text: string, env: Env): BaseUrl => {
  const parsed = plainUrl.safeParse(text)
  if (!parsed.success)
    return {
      problem: parsed.error.issues[0]?.message ?? 'is not a URL',
      advice: 'write it as https://host/path; keys belong in the _API_KEY variable',
    }
  const url = new URL(parsed.data)
  if (url.protocol === 'http:' && !isPrivateHost(url.hostname))
    return {
      problem: `${url.hostname} is not on this network and http would send keys and prompts in the clear`,
      advice: 'use https://',
    }
  if (isOurs(url, env))
    return {
      problem: `${url.origin} is this gateway itself`,
      advice: "give the provider's own address, or move the gateway with PORT",
    }
  return { url: parsed.data }
}

const isOurs = (url: URL, { HOST, PORT, PUBLIC_URL }: Env): boolean => {
  if (PUBLIC_URL !== undefined && new URL(PUBLIC_URL).origin === url.origin) return true
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  if (port !== PORT) return false
  const reachesLoopback = isLoopbackHost(HOST) || isWildcardHost(HOST)
  return url.hostname === HOST || isWildcardHost(url.hostname) || (reachesLoopback && isLoopbackHost(url.hostname))
}
