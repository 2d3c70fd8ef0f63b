import { fnv1a } from '../../lib/fnv1a.ts'

/** How many places the table of rarity has. */
export const buckets = 65_536

/** The place of a folded word in the table of rarity. Two words may share one; then both seem as common as they are together. */
export const bucketOf = (word: string): number => fnv1a(word) % buckets
