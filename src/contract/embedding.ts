import type { JsonObject } from './json.ts'
import type { Asked } from './operation.ts'
import type { Requirements } from './plan.ts'

/** What is to be embedded, one vector each: texts, or tokens in the model's own vocabulary (OpenAI-shaped wires only). */
export type EmbeddingInput =
  | { kind: 'texts'; texts: readonly string[] }
  | { kind: 'tokens'; tokens: readonly (readonly number[])[] }

/** A request for vectors in the gateway's own words. */
export interface EmbeddingRequest extends Asked {
  input: EmbeddingInput
  /** Length of the vectors; the model's own unless said. */
  dimensions?: number | undefined
  /** Fields that the gateway does not know: they go to an OpenAI-shaped provider untouched. */
  extra: JsonObject
  requirements: Pick<Requirements, 'providers' | 'excludeProviders' | 'models'>
}

/** One vector for each input, in the order of the inputs. Providers compute them in single precision at most. */
export interface VectorsEvent {
  type: 'vectors'
  vectors: readonly Float32Array[]
}

/** How many inputs a request has. */
export const countInputs = (input: EmbeddingInput): number =>
  input.kind === 'texts' ? input.texts.length : input.tokens.length
