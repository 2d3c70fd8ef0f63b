/**
 * The largest rate that a count does not speak against: where so few of `trials` failed, a rate above this is believed no more than
 * one time in twenty. One-sided, after Clopper and Pearson (https://doi.org/10.1093/biomet/26.4.404), which promises at least what it
 * says for any number of trials; 1 where there were none.
 */
export const upperBound = (failures: number, trials: number, confidence = 0.95): number => {
  if (failures >= trials) return 1
  let [low, high] = [failures / trials, 1]
  // The chance of so few failures falls as the rate grows: the bound is where it is what is left of the confidence.
  while (true) {
    const rate = (low + high) / 2
    if (rate <= low || rate >= high) return high
    if (chanceOfAtMost(failures, trials, rate) > 1 - confidence) low = rate
    else high = rate
  }
}

/** The smallest rate that a count does not speak against, in the same sense; 0 where there were no trials. */
export const lowerBound = (failures: number, trials: number, confidence = 0.95): number =>
  trials === 0 ? 0 : 1 - upperBound(trials - failures, trials, confidence)

/** The binomial distribution's lower tail, from its largest term down. */
const chanceOfAtMost = (failures: number, trials: number, rate: number): number => {
  const odds = (1 - rate) / rate
  let term = 1
  let sum = 1
  for (let count = failures; count > 0 && term > sum * Number.EPSILON; count--) {
    term *= (count / (trials - count + 1)) * odds
    sum += term
  }
  return Math.exp(logTerm(failures, trials, rate)) * sum
}

const logTerm = (failures: number, trials: number, rate: number): number => {
  let log = failures * Math.log(rate) + (trials - failures) * Math.log1p(-rate)
  for (let count = 1; count <= failures; count++) log += Math.log((trials - failures + count) / count)
  return log
}
