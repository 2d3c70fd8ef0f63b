/**
 * JSON text that is equal exactly where the values are: object keys in order of their UTF-16 units (as RFC 8785), arrays as
 * they stand, fields that are undefined left out, bigints as `12n` so that they never equal a number.
 * @throws TypeError for what has no such text: functions, NaN, undefined in an array, a Map, a Date
 */
export const canonicalJson = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical JSON`)
      return JSON.stringify(value)
    case 'bigint':
      return `${value}n`
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? `[${value.map(canonicalJson).join(',')}]` : canonicalObject(value)
    case 'undefined':
    case 'function':
    case 'symbol':
      throw new TypeError(`A ${typeof value} has no canonical JSON`)
  }
}

const canonicalObject = (value: object): string => {
  // Anything but a plain object keeps its content out of its keys, and two different ones would read the same.
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError(`A ${value.constructor.name} has no canonical JSON`)
  const fields: Readonly<Record<string, unknown>> = { ...value }
  let text = ''
  for (const key of Object.keys(fields).sort()) {
    const field = fields[key]
    if (field !== undefined) text += `${text && ','}${JSON.stringify(key)}:${canonicalJson(field)}`
  }
  return `{${text}}`
}
