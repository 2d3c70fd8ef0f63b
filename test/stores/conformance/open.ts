/** Opens one port of a store, new and empty. */
export type Open<Port> = () => Promise<{ port: Port } & AsyncDisposable>
