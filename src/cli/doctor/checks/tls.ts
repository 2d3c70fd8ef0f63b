import { isPrivateHost } from '../../../lib/hosts.ts'
import type { Check } from '../check.ts'
import { ill, works } from '../finding.ts'

/** RFC 8996 took the older ones out of use. */
const current = new Set(['TLSv1.2', 'TLSv1.3'])

/** How what is said on the way is kept from others. That the certificate is good, `reach` has found out. */
export const tls: Check = {
  name: 'tls',
  needsAdmission: false,
  async *examine({ ask, target }, signal) {
    const { hostname, protocol } = new URL(target.root)
    if (protocol === 'http:') {
      if (!isPrivateHost(hostname))
        yield ill(
          'warning',
          'transport',
          'Plain http: keys, tokens and prompts can be read by whoever is on the way.',
          'Put TLS in front of the gateway and use https://.',
        )
      return
    }
    const { tlsVersion } = await ask({ url: `${target.api}/models` }, signal)
    if (tlsVersion === null) return
    yield current.has(tlsVersion)
      ? works('transport', `${tlsVersion}.`)
      : ill('warning', 'transport', `${tlsVersion}, which is out of use.`, 'Allow TLS 1.3, or 1.2 at the least.')
  },
}
