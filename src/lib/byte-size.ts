// V8 spends at most this on a number or bigint of ours, and on the header, slots and hidden class share of an object.
const scalarBytes = 16
const objectBytes = 56
const slotBytes = 8

/**
 * About how many bytes of heap a JSON-like value takes, estimated from above: strings count two bytes a unit, although V8
 * keeps Latin ones in one. Cheaper than serialising, and made for bounds, not for bills.
 */
export const byteSizeOf = (value: unknown): number => {
  if (typeof value === 'string') return scalarBytes + 2 * value.length
  if (typeof value !== 'object' || value === null) return scalarBytes
  if (ArrayBuffer.isView(value)) return objectBytes + value.byteLength
  const fields: unknown[] = Object.values(value)
  return fields.reduce<number>((bytes, field) => bytes + slotBytes + byteSizeOf(field), objectBytes)
}
