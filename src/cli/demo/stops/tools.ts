import type { Stop } from '../stop.ts'

export const tools: Stop = {
  name: 'tools',
  async *visit({ client }) {
    const names = (await client.tools()).map(({ name }) => name)
    yield {
      asked: 'which tools there are',
      seen: `${names.length} tools over MCP ${client.protocol}`,
      why: names.join(', '),
      costUsd: null,
      broken: names.includes('unified_completion') ? null : 'unified_completion should be among the tools',
    }
  },
}
