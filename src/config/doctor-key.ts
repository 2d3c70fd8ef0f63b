import type { Source } from './env.ts'

/** The key with which `doctor` calls a gateway; null where none is set. */
export const readDoctorKey = (source: Source = process.env): string | null =>
  source['AI_GATEWAY_API_KEY']?.trim() || null
