import { isIP } from 'node:net'

const bare = (host: string): string => host.toLowerCase().replace(/^\[|\]$/g, '')

/** Only this machine can reach it. */
export const isLoopbackHost = (host: string): boolean => {
  const name = bare(host)
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)
}

/** A bind to every interface, loopback among them. */
export const isWildcardHost = (host: string): boolean => ['0.0.0.0', '::'].includes(bare(host))

/**
 * This machine or its private network, where plain http is usual: private and link-local addresses (RFC 1918, 4193),
 * names without a dot (containers), and the suffixes kept for local use.
 */
export const isPrivateHost = (host: string): boolean => {
  const name = bare(host)
  if (isLoopbackHost(name)) return true
  if (isIP(name) === 4) return /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(name)
  if (isIP(name) === 6) return /^(f[cd]|fe[89ab])/.test(name)
  return !name.includes('.') || /\.(local|internal|lan|home\.arpa)$/.test(name)
}
