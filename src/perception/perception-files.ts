import { z } from 'zod'
import { embedderForms } from '../contract/perception.ts'
import type { PerceptionFiles } from './protocol.ts'

/** What the worker was started with, as it came across the thread's border. */
export const perceptionFiles: z.ZodType<PerceptionFiles> = z.object({
  folder: z.string(),
  form: z.enum(embedderForms),
  pairFolder: z.string(),
})
