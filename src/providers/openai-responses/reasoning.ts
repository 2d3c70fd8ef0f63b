import type { Json, JsonObject } from '../../contract/json.ts'
import type { ProviderRow } from '../../contract/provider.ts'
import { compact, listOf, objectOf, parseJson, textOf } from '../shape.ts'
import { markSignature, unmarkSignature } from '../signature.ts'

const maker = 'responses'

/**
 * What a caller keeps of a reasoning item: the signature of its block. Only who encrypted the thoughts can read them
 * again, and refuses those of somebody else: so that a conversation may move between providers, the row's id is in it.
 * Undefined where the item holds nothing to give back.
 */
export const sealReasoning = (item: JsonObject, { id: row }: ProviderRow): string | undefined => {
  const encrypted = textOf(item.encrypted_content)
  return encrypted === ''
    ? undefined
    : markSignature(
        maker,
        JSON.stringify(compact({ row, id: textOf(item.id) || undefined, encrypted_content: encrypted })),
      )
}

/** The reasoning item behind a signature; null where it is of another provider. */
export const unsealReasoning = (signature: string, summary: string, row: ProviderRow): JsonObject | null => {
  const sealed = objectOf(parseJson(unmarkSignature(maker, signature) ?? ''))
  const encrypted = textOf(sealed?.encrypted_content)
  if (sealed?.row !== row.id || encrypted === '') return null
  return compact({
    type: 'reasoning',
    id: textOf(sealed.id) || undefined,
    summary: summary === '' ? [] : [{ type: 'summary_text', text: summary }],
    encrypted_content: encrypted,
  })
}

/** The texts of a reasoning item by part: summaries (OpenAI, xAI), and the thoughts themselves (DeepSeek, open models). */
export const thoughtsOf = (item: JsonObject): [part: string, text: string][] => [
  ...partsOf('summary', item.summary),
  ...partsOf('content', item.content),
]

const partsOf = (name: string, parts: Json | undefined): [string, string][] =>
  listOf(parts).map((part, index) => [`${name} ${index}`, textOf(objectOf(part)?.text)])
