import { tools } from '../../../src/mcp/tools/index.ts'

const arguments_: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  unified_completion: { prompt: 'Translate to French: good morning' },
  embed: { texts: ['good morning', 'good night'] },
  call_api: {
    endpoint: 'chat/completions',
    data: { model: 'gpt-6-luna', messages: [{ role: 'user', content: 'Good morning' }] },
  },
  list_providers: { include_models: true, limit: 5 },
  estimate_cost: { prompt: 'How much?' },
  explain_route: { prompt: 'Prove that there are infinitely many primes.' },
  get_usage_stats: { group_by: 'model' },
  manage_cache: { action: 'stats' },
  cache_policy: {},
  cache_feedback: { verdict: 'good', entry_id: 'ent_1' },
  explain_cache: { prompt: 'Is it there?' },
  gateway_status: {},
}

/** A call of every tool there is. @throws Error where a tool has none yet */
export const toolCalls = (): { name: string; args: Readonly<Record<string, unknown>> }[] =>
  tools.map(({ name }) => {
    const args = arguments_[name]
    if (args === undefined) throw new Error(`Write down a call of ${name} here.`)
    return { name, args }
  })
