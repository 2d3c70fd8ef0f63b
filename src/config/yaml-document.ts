import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import { once } from '../lib/once.ts'

/** A YAML text, taken apart. */
export interface YamlDocument {
  /** Faults of its syntax. */
  errors: readonly { message: string; line: number }[]
  data(): unknown
  /** The line where the setting at `at` stands, or its nearest parent that is there. */
  lineOf(at: readonly PropertyKey[]): number
}

/** Loaded when a text is not known: its seventy modules are a good part of a start. */
// eslint-disable-next-line typescript/no-unsafe-return -- a package's own types are all that is known of it
const yaml = once((): typeof Yaml => createRequire(import.meta.url)('yaml'))

export const parseYaml = (text: string): YamlDocument => {
  const { LineCounter, parseDocument } = yaml()
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number): number => lines.linePos(offset).line
  return {
    errors: document.errors.map(({ message, pos }) => ({ message, line: lineAt(pos[0]) })),
    data: () => {
      const said: unknown = document.toJS()
      return said ?? {}
    },
    lineOf: (at) => lineAt(offsetOf(document, at)),
  }
}

const offsetOf = (document: Yaml.Document.Parsed, at: readonly PropertyKey[]): number => {
  const { isMap, isNode, isScalar, isSeq } = yaml()
  let node: unknown = document.contents
  let offset = 0
  for (const key of at) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key)
      if (!pair || !isScalar(pair.key)) return offset
      offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node) && typeof key === 'number') {
      node = node.items[key]
      if (isNode(node)) offset = node.range?.[0] ?? offset
    } else return offset
  }
  return offset
}
