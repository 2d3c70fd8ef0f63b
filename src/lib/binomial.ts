/** Bounds on a share of which `successes` of `trials` are known: those of Clopper and Pearson, one-sided. */
export interface Trials {
  successes: number
  trials: number
}

/** The share is not lower, with this confidence (0…1). 0 for no trials. */
export const lowerBound = ({ successes, trials }: Trials, confidence: number): number =>
  successes === 0 ? 0 : quantileOfBeta(1 - confidence, successes, trials - successes + 1)

/** The share is not higher, with this confidence (0…1). 1 for no trials. */
export const upperBound = ({ successes, trials }: Trials, confidence: number): number =>
  successes === trials ? 1 : quantileOfBeta(confidence, successes + 1, trials - successes)

/** By halving: the distribution grows, and sixty halves are all that a double holds. */
const quantileOfBeta = (p: number, a: number, b: number): number => {
  let [low, high] = [0, 1]
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2
    if (incompleteBeta(middle, a, b) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Regularised; by the continued fraction of Lentz (Numerical Recipes, 6.4), on the side where it converges fast. */
const incompleteBeta = (x: number, a: number, b: number): number => {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

const tiny = 1e-300
const maxSteps = 300

const fraction = (x: number, a: number, b: number): number => {
  const awayFromZero = (value: number): number => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1))
  let product = d
  for (let m = 1; m <= maxSteps; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    let factor = 1
    for (const term of [even, odd]) {
      d = 1 / awayFromZero(1 + term * d)
      c = awayFromZero(1 + term / c)
      factor = c * d
      product *= factor
    }
    if (Math.abs(factor - 1) < 1e-14) break
  }
  return product
}

/** Of Lanczos, with g = 7 and nine terms: fifteen digits. */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const

const logGamma = (value: number): number => {
  const x = value - 1
  const sum = lanczos.reduce((total, term, at) => total + (at === 0 ? term : term / (x + at)), 0)
  const t = x + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (x + 0.5) * Math.log(t) - t + Math.log(sum)
}
