import type { AnswerEvent, ChatRequest } from '../contract/chat.ts'
import type { EmbeddingRequest, VectorsEvent } from '../contract/embedding.ts'
import type { Dialect } from '../contract/provider.ts'
import { chooseDialect } from '../routing/dialect.ts'
import type { FindWire } from './attempt.ts'

type Dialects = ReadonlyMap<string, Dialect>

/** A row speaks by its own dialect, or by the one that it has for tools. */
export const chatWires =
  (dialects: Dialects): FindWire<ChatRequest, AnswerEvent> =>
  ({ row, card, request }) => {
    const dialect = dialects.get(chooseDialect(row, card, request))
    return dialect && ((call, signal) => dialect.chat(call, signal))
  }

export const embeddingWires =
  (dialects: Dialects): FindWire<EmbeddingRequest, VectorsEvent> =>
  ({ row }) =>
    dialects.get(row.dialect)?.embed
