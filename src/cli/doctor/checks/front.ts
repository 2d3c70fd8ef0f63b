import type { Check } from '../check.ts'
import { unseen, works } from '../finding.ts'

/** Headers by which those who stand before a gateway say so. */
const marks: readonly [name: string, pattern: RegExp, who: string][] = [
  ['x-goog-iap-generated-response', /./, "Google's Identity-Aware Proxy"],
  ['server', /^google frontend$/i, "Google's front end"],
  ['cf-ray', /./, 'Cloudflare'],
  ['x-amz-cf-id', /./, 'CloudFront'],
  ['x-vercel-id', /./, 'Vercel'],
  ['server', /^(nginx|caddy|envoy|traefik|apache)/i, 'a reverse proxy'],
  ['via', /./, 'a proxy'],
]

/** Cloud Run's own host names end in the region: SERVICE-NUMBER.REGION.run.app; those with a hash tell none. */
const regionIn = (hostname: string): string | null => /\.([a-z]+(?:-[a-z]+)+\d+)\.run\.app$/.exec(hostname)?.[1] ?? null

/** Who answers: what stands before the gateway, and which of its revisions is behind it. */
export const front: Check = {
  name: 'front',
  needsAdmission: false,
  async *examine({ ask, target, quote }, signal) {
    // An answer to who is known: ai-gateway-mcp tells admins, and nobody else, which of its revisions they met.
    const { headers } = await ask({ url: `${target.api}/models` }, signal)
    const who = marks.filter(([name, pattern]) => pattern.test(headers[name] ?? '')).map(([, , is]) => is)
    yield works('in front', who.length === 0 ? 'Nobody who says so.' : `${[...new Set(who)].join(', ')}.`)
    const place = headers['x-gateway-region'] ?? regionIn(new URL(target.root).hostname)
    const named = headers['x-gateway-revision']
    yield named === undefined && place === null
      ? unseen('not observable', 'revision', 'Neither revision nor region is told; on Cloud Run an admin is.')
      : works('revision', quote(`${named ?? 'not told'}${place === null ? '' : `, in ${place}`}.`))
  },
}
