import { z } from 'zod'

/** Pieces that several files' schemas share. Each setting describes itself: editors, messages and docs quote it. */
export const positive = z.int().min(1)
export const nonNegative = z.int().min(0)
export const share = z.number().min(0).max(1)
export const day = z.iso.date()

/** Id of a provider row: it names the row's variables, so `openai-eu` reads OPENAI_EU_API_KEY. */
export const rowId = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'must be small letters, digits and hyphens, beginning with a letter')

/** Name of an environment variable. */
export const variableName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, 'must be capitals, digits and underscores, beginning with a letter')

/** Name or id of a model as callers write it. */
export const modelName = z.string().min(1)
