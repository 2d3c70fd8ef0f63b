import type { Recalled } from '../contract/receipt.ts'

/** Where a remembered answer came from, as every face shows it; null for an answer that was made for its request. */
export const showRecalled = (recalled: Recalled | undefined) =>
  recalled === undefined
    ? null
    : {
        entry_id: recalled.entryId,
        age_ms: recalled.ageMs,
        p: recalled.p,
        similarity: recalled.similarity,
        saved_ms: recalled.savedMs,
      }
