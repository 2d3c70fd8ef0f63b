import type { Cue } from './cue.ts'
import { englishCues } from './english.ts'
import { otherCues } from './other-languages.ts'

/** Every cue of the lexical classifier. */
export const cues: readonly Cue[] = [...englishCues, ...otherCues]
