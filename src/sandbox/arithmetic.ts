const spokenOperators: readonly (readonly [RegExp, string])[] = [
  [/\bplus\b/gi, '+'],
  [/\bminus\b/gi, '-'],
  [/\b(?:times|multiplied by)\b|[×·]|(?<=\d\s*)x(?=\s*\d)/gi, '*'],
  [/\b(?:divided by|over)\b|÷/gi, '/'],
  [/\bto the power of\b|\*\*/gi, '^'],
]

/** A sum found in a text, and what it comes to. */
interface Sum {
  expression: string
  value: number
}

/**
 * Finds the first sum in a text ("what is 12 * (3 + 4)?", "7 times 8") and works it out: + - * / ^, brackets, decimals,
 * the usual precedence. Null where there is none, or where it has no finite value. Dates are not sums.
 */
export const findSum = (text: string): Sum | null => {
  const plain = spokenOperators
    .reduce((rest, [words, operator]) => rest.replace(words, operator), text)
    .replace(/\d{1,4}[-/]\d{1,2}[-/]\d{1,4}/g, ' date ')
  for (const [candidate] of plain.matchAll(/[\d(][\d\s.+\-*/^()]{0,120}[\d)]/g)) {
    const expression = candidate.trim().replace(/\s+/g, ' ')
    if (!/\d\)*\s*[+\-*/^]\s*\(*-?\s*\(*\d/.test(expression)) continue
    const value = evaluate(expression)
    if (value !== null) return { expression, value }
  }
  return null
}

/** Recursive descent: expression = term {± term}, term = power {*÷ power}, power = unary [^ power]. */
const evaluate = (expression: string): number | null => {
  const tokens = expression.match(/\d+(?:\.\d+)?|[+\-*/^()]/g) ?? []
  let at = 0
  const take = (...operators: readonly string[]) => {
    const token = tokens[at]
    if (token === undefined || !operators.includes(token)) return null
    at++
    return token
  }

  const readExpression = (): number => {
    let value = readTerm()
    for (let operator = take('+', '-'); operator !== null; operator = take('+', '-')) {
      value += operator === '+' ? readTerm() : -readTerm()
    }
    return value
  }
  const readTerm = (): number => {
    let value = readPower()
    for (let operator = take('*', '/'); operator !== null; operator = take('*', '/')) {
      value = operator === '*' ? value * readPower() : value / readPower()
    }
    return value
  }
  const readPower = (): number => {
    if (take('-') !== null) return -readPower()
    const base = readAtom()
    return take('^') === null ? base : base ** readPower()
  }
  const readAtom = (): number => {
    if (take('(') !== null) {
      const value = readExpression()
      return take(')') === null ? Number.NaN : value
    }
    return Number(tokens[at++] ?? Number.NaN)
  }

  const value = readExpression()
  if (at !== tokens.length || !Number.isFinite(value)) return null
  // Twelve digits hide the last bits of binary fractions: 0.1 + 0.2 is 0.3.
  return Number(value.toPrecision(12))
}
