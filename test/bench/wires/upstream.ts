// A provider that answers at once, in a process of its own: /WIRE/document/… or /WIRE/stream/….
import { replies } from './replies.ts'
import { sendPieces, startWireServer } from '../../providers/wire-server.ts'

/** As the network gives it: a few events a read. */
const readBytes = 1_400
const cut = (body: string): Buffer[] => {
  const bytes = Buffer.from(body)
  return Array.from({ length: Math.ceil(bytes.length / readBytes) }, (_, n) =>
    bytes.subarray(n * readBytes, (n + 1) * readBytes),
  )
}

const bodies = new Map(
  Object.entries(replies).flatMap(([wire, { document, stream }]) => [
    [`${wire}/document`, { type: 'application/json', pieces: [Buffer.from(JSON.stringify(document))] }],
    [`${wire}/stream`, { type: 'text/event-stream', pieces: cut(stream) }],
  ]),
)

const server = await startWireServer(({ path }, reply) => {
  const body = bodies.get(path.split('/').slice(1, 3).join('/'))
  if (!body) return reply.writeHead(404).end()
  return void sendPieces(reply, body.pieces, body.type)
})
process.send?.({ port: server.port })
