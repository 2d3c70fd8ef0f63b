import { cacheFile } from './cache.ts'
import { callersFile } from './callers.ts'
import { limitsFile } from './limits.ts'
import { modelsFile } from './models.ts'
import { pricingFile } from './pricing.ts'
import { providersFile } from './providers.ts'
import { routingFile } from './routing.ts'

/** The YAML files of config/ and what may stand in each: editors' schemas and the documentation are made of these. */
export const schemas = {
  'providers.yaml': providersFile,
  'models.yaml': modelsFile,
  'pricing.yaml': pricingFile,
  'routing.yaml': routingFile,
  'limits.yaml': limitsFile,
  'cache.yaml': cacheFile,
  'callers.yaml': callersFile,
} as const
