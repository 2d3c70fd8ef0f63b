/** A pair as the near tier judges it, beside what somebody said of it. */
export interface JudgedPair {
  /** The file that it comes from, without its ending. */
  family: string
  /** Whether the stored answer is right for the other question. */
  same: boolean
  /** Whether it comes before the verifier at all: another tier, a veto, its length or its cosine may have decided. */
  reaches: boolean
  /** Log-odds of the trees. */
  trees: number
  /** Log-odds of the pair model; null where it was not asked. */
  pair: number | null
}

/** A judged pair with the probability that one form of the verifier gives it. */
export interface Scored {
  family: string
  same: boolean
  p: number
}
