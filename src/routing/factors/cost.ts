import { formatUsd } from '../../contract/money.ts'
import type { NanoUsd } from '../../contract/money.ts'
import type { Factor } from './factor.ts'

/** This many times the cheapest candidate's cost is worth nothing. */
const worthlessRatio = 1_000

/** Costs below a thousandth of a cent are alike: else a free local model would make every price look infinite. */
const leastNanoUsd = 10_000n

/** 1 − log(cost / cheapest) / log(1000): each doubling of the cost takes away the same, from the cheapest at 1. */
export const cost: Factor = {
  name: 'cost',
  judge: ({ forecast: { estimatedCostNanoUsd }, cheapestNanoUsd }) =>
    estimatedCostNanoUsd === null || cheapestNanoUsd === null
      ? 0
      : Math.min(
          1,
          Math.max(0, 1 - Math.log(ratioOf(estimatedCostNanoUsd, cheapestNanoUsd)) / Math.log(worthlessRatio)),
        ),
  explain: ({ forecast: { estimatedCostNanoUsd }, cheapestNanoUsd }) => {
    if (estimatedCostNanoUsd === null || cheapestNanoUsd === null) return 'price unknown: taken for the dearest'
    const ratio = ratioOf(estimatedCostNanoUsd, cheapestNanoUsd)
    const compared = ratio <= 1 ? 'the cheapest' : `${ratio.toFixed(1)} times the cheapest`
    return `about $${formatUsd(estimatedCostNanoUsd)}, ${compared}`
  },
}

const ratioOf = (one: NanoUsd, other: NanoUsd): number => Number(atLeast(one)) / Number(atLeast(other))

const atLeast = (amount: NanoUsd): NanoUsd => (amount > leastNanoUsd ? amount : leastNanoUsd)
