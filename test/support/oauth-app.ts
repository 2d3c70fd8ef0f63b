import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { CallerRow } from '../../src/contract/settings.ts'
import type { Config } from '../../src/config/config.ts'
import { startApp } from './app.ts'
import type { TestApp } from './app.ts'
import { startIssuer } from './issuer.ts'
import type { Issuer } from './issuer.ts'

/** What the gateway is called in tests; its tokens are for this or its `/mcp`. */
export const publicUrl = 'https://gateway.test'

/** A whole gateway that takes the tokens of a real issuer. */
export interface OauthApp extends TestApp {
  issuer: Issuer
  /** A token that counts, but for what is changed in it. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
}

export const startOauthApp = async (
  options: {
    env?: (issuer: string) => Readonly<Record<string, string>>
    callers?: readonly CallerRow[]
    change?: (config: Config) => Config
    /** The gateway is called by the address that it is reached at. */
    nameless?: boolean
  } = {},
): Promise<OauthApp> => {
  await using resources = new AsyncDisposableStack()
  const issuer = resources.use(await startIssuer())
  const rows: readonly CallerRow[] = options.callers ?? [
    { subject: 'user-1', name: 'Ada', scope: 'use' },
    { subject: 'admin-1', name: 'Root', scope: 'admin', team: 'platform', tenant: 'acme' },
  ]
  const app = resources.use(
    await startApp({
      env: () => ({
        AUTH_MODE: 'oauth',
        OAUTH_ISSUER: issuer.issuer,
        ...(options.nameless === true ? { OAUTH_AUDIENCE: publicUrl } : { PUBLIC_URL: publicUrl }),
        ...options.env?.(issuer.issuer),
        CONFIG_DIR: 'test/support/oauth-config',
      }),
      change: (config) => {
        if (config.auth.mode !== 'oauth') throw new Error('The gateway is in another mode.')
        const changed: Config = {
          ...config,
          auth: { ...config.auth, oauth: { ...config.auth.oauth, callers: rows, unmapped: 'refuse' } },
        }
        return options.change?.(changed) ?? changed
      },
    }),
  )
  const owned = resources.move()
  return {
    ...app,
    issuer,
    token: (claims, header) => {
      const nowS = Math.floor(Date.now() / 1000)
      const good = { aud: publicUrl, sub: 'user-1', scope: 'gateway:use', iat: nowS, exp: nowS + 300 }
      return issuer.sign({ ...good, ...claims }, header)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** A gateway whose public URL is where it listens, so that real clients find what they look for. */
export const startReachable = async (): Promise<OauthApp> => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return startOauthApp({
    env: () => ({ PUBLIC_URL: `http://127.0.0.1:${port}` }),
    change: (config) => ({ ...config, http: { ...config.http, port } }),
  })
}
