/** What `make` makes, made when it is first asked for and not again. */
export const once = <Value>(make: () => Value): (() => Value) => {
  let made: { value: Value } | null = null
  return () => (made ??= { value: make() }).value
}
