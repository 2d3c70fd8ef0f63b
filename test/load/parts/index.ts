import type { Part } from '../part.ts'
import { cacheKills } from './cache-kills.ts'
import { leavers } from './leavers.ts'
import { sigkill } from './sigkill.ts'
import { sigterm } from './sigterm.ts'
import { slowReaders } from './slow-readers.ts'
import { small } from './small.ts'
import { steady } from './steady.ts'
import { streams } from './streams.ts'

/** Every part, in the order in which they run. */
export const parts: readonly Part[] = [streams, small, slowReaders, leavers, sigterm, sigkill, cacheKills, steady]
