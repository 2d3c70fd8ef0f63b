import type { ModelCard } from '../contract/model.ts'
import type { Requirements } from '../contract/plan.ts'

/** What every request can say of who may serve it, whatever it asks for. */
interface Ask {
  request: { requirements: Pick<Requirements, 'providers' | 'excludeProviders'> }
  /** Keys of the only cards that may serve; null: all. */
  allowedKeys: ReadonlySet<string> | null
}

interface AllowedGate {
  code: 'not_allowed'
  param: string
  refuse: (card: ModelCard, ask: Ask) => string | null
}

/** Who may serve a request: null lets the card pass, a sentence refuses it. */
export const allowedGates: readonly AllowedGate[] = [
  {
    code: 'not_allowed',
    param: 'requirements.providers',
    refuse: ({ provider }, { request }) => {
      const { providers } = request.requirements
      return providers?.includes(provider) === false ? `Only ${providers.join(', ')} may serve this request.` : null
    },
  },
  {
    code: 'not_allowed',
    param: 'requirements.exclude_providers',
    refuse: ({ provider }, { request }) =>
      request.requirements.excludeProviders?.includes(provider) === true ? `The request excludes ${provider}.` : null,
  },
  {
    code: 'not_allowed',
    param: 'requirements.models',
    refuse: ({ key }, { allowedKeys }) =>
      allowedKeys === null || allowedKeys.has(key) ? null : 'It is none of the models that may serve this request.',
  },
]
