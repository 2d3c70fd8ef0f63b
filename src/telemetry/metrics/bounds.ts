import type { Receipt, Try } from '../../contract/receipt.ts'

/** Names that may become label values: those of the configuration. */
export interface KnownNames {
  /** Ids of the provider rows. */
  providers: ReadonlySet<string>
  /** Cards' keys, `provider:id`. */
  models: ReadonlySet<string>
}

/** Who served, in words of the configuration. */
interface Server {
  provider: string
  model: string
}

/** Nobody served. */
const nobody: Server = { provider: 'none', model: 'none' }

/**
 * Turns names that callers and providers make up into a bounded set: what the configuration does not know is `other`. A row
 * that takes any model name (`openai-compatible:anything`) would otherwise be a series for each name that anybody tries.
 */
export const createBounds = ({ providers, models }: KnownNames) => {
  const bound = (provider: string, id: string): Server => ({
    provider: providers.has(provider) ? provider : 'other',
    model: models.has(`${provider}:${id}`) ? id : 'other',
  })
  return {
    served: ({ served }: Pick<Receipt, 'served'>): Server => (served ? bound(served.provider, served.model) : nobody),
    /** `model` of a try is the card's key. */
    tried: ({ provider, model }: Pick<Try, 'provider' | 'model'>): Server =>
      bound(provider, model.startsWith(`${provider}:`) ? model.slice(provider.length + 1) : model),
  }
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

export const boundMethod = (method: string): string => (methods.has(method) ? method : 'other')

/** One of `statuses`, as text. */
export const createStatusBound =
  (statuses: ReadonlySet<number>) =>
  (status: number): string =>
    statuses.has(status) ? String(status) : 'other'
