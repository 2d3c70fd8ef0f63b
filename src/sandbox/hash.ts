import { createHash } from 'node:crypto'

/** SHA-256 over the parts, hex: the sandbox's only source of variety, so that the same request always gets the same answer. */
export const hashText = (...parts: readonly string[]): string => {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** The item that `key` falls on. `turn` steps through the list, so that several choices of one request differ. */
export const pick = <Item>(items: readonly [Item, ...Item[]], key: string, turn = 0): Item => {
  const start = Number.parseInt(hashText(key).slice(0, 8), 16)
  return items[(start + turn) % items.length] ?? items[0]
}
