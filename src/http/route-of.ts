/** Routes of which a part varies: their beginning, and how they are written down. */
const varying = [
  ['/v1/models/', '/v1/models/{id}'],
  ['/v1/passthrough/', '/v1/passthrough/{provider}/{endpoint}'],
  ['/api/traces/', '/api/traces/{id}'],
] as const

/** The route of a path as it is documented, and `other` for paths that are none: whoever counts by it counts few things. */
export const createRouteOf = (paths: Iterable<string>): ((path: string) => string) => {
  const known = new Set(paths)
  return (path) => {
    if (known.has(path)) return path
    return varying.find(([start]) => path.startsWith(start))?.[1] ?? 'other'
  }
}
