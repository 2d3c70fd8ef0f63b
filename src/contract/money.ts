/** Money is whole nano-dollars in a bigint: 1 USD = 1_000_000_000. Floats never come near it. */
export type NanoUsd = bigint

const nanoPerUsd = 1_000_000_000n

/** Dollars with nine decimal places and never an exponent: `20_000n` → `"0.000020000"`. */
export const formatUsd = (amount: NanoUsd): string => {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(10, '0')
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`
}

/**
 * Reads dollars from a decimal text or a finite number, exactly to the nano-dollar; further places are cut off.
 * @throws RangeError for anything that is not a non-negative decimal
 */
export const parseUsd = (dollars: string | number): NanoUsd => {
  const text = typeof dollars === 'number' ? plainDecimal(dollars) : dollars.trim()
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  if (!match)
    throw new RangeError(`"${dollars}" is not an amount in dollars: write a non-negative decimal such as 0.05`)
  return BigInt(match[1] ?? '0') * nanoPerUsd + BigInt((match[2] ?? '').slice(0, 9).padEnd(9, '0'))
}

/** A float's shortest decimal, without the exponent that JavaScript prints below 1e-6 and from 1e21 on. */
const plainDecimal = (value: number): string => {
  const text = String(value)
  const [mantissa = '', exponent] = text.split('e')
  if (exponent === undefined) return text
  const [whole = '', fraction = ''] = mantissa.split('.')
  const shift = Number(exponent)
  return shift < 0 ? `0.${'0'.repeat(-shift - 1)}${whole}${fraction}` : `${whole}${fraction.padEnd(shift, '0')}`
}
