import { once } from 'node:events'
import { createServer } from 'node:http'

/** What the hub does with each request. */
type Manner = 'honest' | 'silent' | 'stops in the middle' | 'lies' | 'sends too much' | 'has none'

interface Hub extends AsyncDisposable {
  url: string
  /** Paths that were asked for. */
  asked: string[]
}

/** A model hub on this machine that has these files, by their last name. */
export const startHub = async (files: ReadonlyMap<string, Buffer>, manner: Manner): Promise<Hub> => {
  const asked: string[] = []
  const server = createServer((req, res) => {
    asked.push(req.url ?? '')
    const content = files.get(req.url?.split('/').at(-1) ?? '')
    if (manner === 'silent') return
    if (!content || manner === 'has none') return void res.writeHead(404).end()
    switch (manner) {
      case 'honest':
        return void res.end(content)
      case 'lies':
        return void res.end(Buffer.alloc(content.byteLength, 'x'))
      case 'sends too much':
        return void res.end(Buffer.concat([content, content]))
      case 'stops in the middle':
        return void res.writeHead(200, { 'content-length': content.byteLength }).write(content.subarray(0, 5))
      default:
        return manner satisfies never
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
