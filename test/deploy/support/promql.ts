import { parser } from '@prometheus-io/lezer-promql'

/** What a query asks for. */
export interface Query {
  /** Places where it is no PromQL. */
  errors: number[]
  /** Each selected series, with the labels that it is selected by. */
  selectors: { metric: string; labels: string[] }[]
  /** Labels of by(), on() and the like. */
  grouping: string[]
}

/** Cloud Monitoring and Grafana write the width of a point into the query before it is PromQL, and apply.sh a bound. */
const plain = (query: string): string =>
  query.replaceAll(/\$\{?__(rate_)?interval\}?/g, '5m').replaceAll('${MAX_INSTANCES}', '10')

export const readQuery = (query: string): Query => {
  const text = plain(query)
  const found: Query = { errors: [], selectors: [], grouping: [] }
  parser.parse(text).iterate({
    enter: (node) => {
      if (node.type.isError) found.errors.push(node.from)
      const said = text.slice(node.from, node.to)
      if (node.name === 'VectorSelector') {
        const name = node.node.getChild('Identifier')
        found.selectors.push({ metric: name === null ? '' : text.slice(name.from, name.to), labels: [] })
      } else if (node.name === 'LabelName' && node.node.parent?.name.endsWith('LabelMatcher'))
        found.selectors.at(-1)?.labels.push(said)
      else if (node.name === 'LabelName') found.grouping.push(said)
    },
  })
  return found
}
