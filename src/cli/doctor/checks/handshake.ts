import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'

/** Whether MCP clients of both eras can connect. */
export const handshake: Check = {
  name: 'mcp',
  needsAdmission: true,
  async *examine({ mcp, ours, connections, openai, quote }) {
    if (!mcp) {
      yield ours
        ? ill(
            'wrong',
            'handshake',
            'Nothing speaks MCP at /mcp.',
            'Look for a proxy that lets only some paths through.',
          )
        : unseen('not offered', 'handshake', openai ? 'No MCP face; clients use the OpenAI-compatible one.' : 'None.')
      return
    }
    for (const connection of connections) {
      const subject = `${connection.era}-era client`
      if (connection.client !== null) {
        const { protocol, server } = connection.client
        const name = quote(`${server.name} ${server.version}`)
        const elapsedMs = Math.round(connection.elapsedMs)
        yield works(subject, `Revision ${quote(protocol)}, ${name}, ${elapsedMs} ms.`, { elapsedMs })
      } else if (ours || connections.every(({ client }) => client === null))
        yield ill('wrong', subject, connection.fault, 'Check that /mcp is reached unchanged, with all its headers.')
      else yield unseen('not offered', subject, `This revision is not spoken: ${connection.fault}`)
    }
  },
}
