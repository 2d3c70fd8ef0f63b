import type { Part } from '../part.ts'
import { small } from './small.ts'
import { streams } from './streams.ts'

/** Every part, in the order in which they run. */
export const parts: readonly Part[] = [streams, small]
