/** A door that a test opens when it is time, so that nothing has to sleep. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

export const createGate = (): Gate => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
