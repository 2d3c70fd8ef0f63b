import { makeRow, startHttp } from '../calls.ts'

/**
 * Run as a program by http.test.ts, because NODE_EXTRA_CA_CERTS is read when Node starts: posts once to the first
 * argument through the proxy in the second, and prints the status.
 */
const [baseUrl = '', httpsProxy = null] = process.argv.slice(2)
await using http = startHttp({ proxy: { httpsProxy, httpProxy: null, noProxy: '' } })
const call = { row: makeRow({ baseUrl }), path: '/x', key: null, headers: {}, body: {}, hops: [] }
const reply = await http.post(call, AbortSignal.timeout(10_000))
for await (const _ of reply.body) continue
process.stdout.write(String(reply.status))
