import { createHash } from 'node:crypto'

/** Ids of tool calls as one conversation shows them to one provider. */
export interface ToolIds {
  /** The id to show for a call, in the order of the conversation. */
  ofCall(id: string): string
  /** The id that was shown for the latest call with this id. */
  ofResult(id: string): string
}

/**
 * Ids as `pattern` wants them, each shown once where `unique` is set: an id that fits is left alone, another becomes
 * nine letters and digits of its hash, which every vendor takes. The same conversation always gives the same ids, so
 * that a provider's prompt cache still knows it.
 */
export const createToolIds = ({ pattern, unique }: { pattern: RegExp; unique: boolean }): ToolIds => {
  const shown = new Map<string, string>()
  const taken = new Set<string>()

  const fit = (id: string): string => {
    if (pattern.test(id) && !(unique && taken.has(id))) return id
    for (let turn = 0; ; turn += 1) {
      const short = nineOf(`${id}#${turn}`)
      if (!unique || !taken.has(short)) return short
    }
  }

  return {
    ofCall(id) {
      const fitting = fit(id)
      taken.add(fitting)
      shown.set(id, fitting)
      return fitting
    },
    ofResult: (id) => shown.get(id) ?? fit(id),
  }
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** 62^9 values; the bias of a byte modulo 62 does not matter for an id. */
const nineOf = (text: string): string =>
  Array.from(createHash('sha256').update(text).digest().subarray(0, 9), (byte) => alphabet[byte % 62]).join('')
