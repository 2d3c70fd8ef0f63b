import { z } from 'zod'

// What a caller writes that comes back on the receipt, in the log and in headers: short, or it would fill the disk.

/** A model's name as callers write it. */
export const modelName = z.string().min(1).max(256)

/** The caller's own end user. */
export const userMark = z.string().max(512)

const maxPairs = 16

/** The caller's own marks, with OpenAI's bounds. */
export const metadataMarks = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= maxPairs, `must have at most ${maxPairs} pairs.`)
