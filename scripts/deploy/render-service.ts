import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isMap, isScalar, isSeq, parseDocument, visit } from 'yaml'
import type { Document } from 'yaml'

/**
 * Fills in deploy/service.yaml and writes it to standard output.
 *
 *     render-service.ts deploy/service.yaml --set NAME=VALUE … --env NAME=VALUE … --secret NAME=secret:version …
 *                       [--previous REVISION [--tag TAG]]
 *
 * With `--previous` that revision keeps all traffic, and the new one gets the tag and none.
 */

const usage = (problem: string): never => {
  throw new Error(`render-service: ${problem}`)
}

const pair = (text: string): [string, string] => {
  const at = text.indexOf('=')
  return at > 0 ? [text.slice(0, at), text.slice(at + 1)] : usage(`"${text}" is not NAME=VALUE`)
}

/** Replaces `${NAME}` in every text of the document. What nobody set, and what nobody uses, is a mistake. */
const fillIn = (document: Document, values: ReadonlyMap<string, string>): void => {
  const used = new Set<string>()
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value !== 'string' || !node.value.includes('${')) return
      node.value = node.value.replaceAll(/\$\{(\w+)\}/g, (_whole, name: string) => {
        used.add(name)
        return values.get(name) ?? usage(`nobody says what \${${name}} is: --set ${name}=…`)
      })
    },
  })
  const idle = [...values.keys()].filter((name) => !used.has(name))
  if (idle.length > 0) usage(`the template has no place for ${idle.join(', ')}`)
}

/** An annotation or a variable without a value says nothing. */
const dropEmpty = (document: Document): void => {
  const isEmpty = (node: unknown): boolean => isScalar(node) && node.value === ''
  visit(document, {
    Pair: (_key, { value }) => (isEmpty(value) ? visit.REMOVE : undefined),
    Map: (key, node, path) => {
      const isVariable = isSeq(path.at(-1)) && typeof key === 'number' && isEmpty(node.get('value', true))
      return isVariable ? visit.REMOVE : undefined
    },
  })
}

const main = (): string => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      set: { type: 'string', multiple: true, default: [] },
      env: { type: 'string', multiple: true, default: [] },
      secret: { type: 'string', multiple: true, default: [] },
      previous: { type: 'string' },
      tag: { type: 'string' },
    },
  })
  const [template = usage('name the template')] = positionals
  const document = parseDocument(readFileSync(template, 'utf8'))
  if (document.errors.length > 0) usage(`${template} is no YAML: ${document.errors[0]?.message ?? ''}`)
  const set = new Map(values.set.map(pair))
  fillIn(document, set)
  dropEmpty(document)

  const env = document.getIn(['spec', 'template', 'spec', 'containers', 0, 'env'])
  if (!isSeq(env)) return usage(`${template} has no list of variables in its first container`)
  const place = (name: string, entry: object): void => {
    const index = env.items.findIndex((item) => isMap(item) && item.get('name') === name)
    if (index === -1) env.add(document.createNode(entry))
    else env.set(index, document.createNode(entry))
  }
  for (const [name, value] of values.env.map(pair)) place(name, { name, value })
  for (const [name, reference] of values.secret.map(pair)) {
    const [secret, version] = reference.split(':')
    if (!secret || !version) usage(`the secret of ${name} is written NAME=secret:version`)
    place(name, { name, valueFrom: { secretKeyRef: { name: secret, key: version } } })
  }

  const { previous, tag } = values
  if (previous !== undefined) {
    const revisionName = set.get('REVISION') ?? usage('--previous needs --set REVISION=…')
    const fresh = { revisionName, percent: 0, ...(tag === undefined ? {} : { tag }) }
    document.setIn(['spec', 'traffic'], document.createNode([{ revisionName: previous, percent: 100 }, fresh]))
  }
  return document.toString({ lineWidth: 0 })
}

try {
  process.stdout.write(main())
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
