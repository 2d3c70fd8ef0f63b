/** Anthropic's clients and servers take ids of tool calls in these characters only; other vendors give out any. */
const legal = /^[a-zA-Z0-9_-]{1,200}$/

/** Stands before an id that is spelt out; one that begins so by itself is spelt out as well, so that none is mistaken. */
const mark = 'gw_'

const illegalUnit = /[^a-zA-Z0-9-]/g
const speltUnit = /_([0-9a-f]{4})/g

/** An id that Anthropic's clients take. `originalToolId` gives back what it was, with no memory of it. */
export const legalToolId = (id: string): string =>
  legal.test(id) && !id.startsWith(mark) ? id : mark + id.replace(illegalUnit, spellUnit)

/** The id as its maker gave it. One that only looks as if it were spelt out is left alone. */
export const originalToolId = (id: string): string => {
  if (!id.startsWith(mark)) return id
  const original = id
    .slice(mark.length)
    .replace(speltUnit, (_spelt, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return legalToolId(original) === id ? original : id
}

const spellUnit = (unit: string): string => `_${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
