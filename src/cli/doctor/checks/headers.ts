import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'

/** What every answer of ours carries: src/http/guards.ts says why. */
const required: Readonly<Record<string, RegExp>> = {
  'x-content-type-options': /^nosniff$/i,
  'x-frame-options': /^deny$/i,
  'referrer-policy': /^no-referrer$/i,
  'content-security-policy': /default-src 'none'/,
  'cross-origin-resource-policy': /^(same-origin|cross-origin)$/,
  'cache-control': /no-store/,
  'x-request-id': /^req_/,
}

/** Whether the gateway's headers arrive. Other gateways owe nobody ours. */
export const headers: Check = {
  name: 'headers',
  needsAdmission: false,
  async *examine({ ask, target, ours }, signal) {
    if (!ours) {
      yield unseen('not offered', 'security headers', 'They are required of ai-gateway-mcp only.')
      return
    }
    const reply = await ask({ url: `${target.root}/version` }, signal)
    const names = Object.keys(required)
    const lost = names.filter((name) => required[name]?.test(reply.headers[name] ?? '') !== true)
    yield lost.length === 0
      ? works('security headers', `All ${names.length} are there.`)
      : ill(
          'wrong',
          'security headers',
          `Missing or changed: ${lost.join(', ')}.`,
          'Have the proxy in front pass the headers of answers through.',
        )
  },
}
