// The floor for Node: `node:http` before undici, every byte passed on as it comes, nothing looked at.
import { createServer } from 'node:http'
import { Pool } from 'undici'

const upstream = new Pool(process.argv[2] ?? '', { connections: null })

const server = createServer((req, res) => {
  upstream
    .stream(
      {
        path: req.url ?? '/',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: req.headers.authorization ?? '' },
        body: req,
      },
      ({ statusCode, headers }) => {
        const { 'content-type': type, 'content-length': length } = headers
        res.writeHead(statusCode, {
          'content-type': String(type),
          ...(length === undefined ? {} : { 'content-length': String(length) }),
        })
        return res
      },
    )
    .catch(() => res.destroy())
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.once('disconnect', () => process.exit())
