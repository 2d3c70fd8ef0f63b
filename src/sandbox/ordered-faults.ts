import { completeFault, type Fault, type FullFault } from './fault.ts'

/** Requests that a fault applies to; what is left out matches all. */
export interface FaultMatch {
  row?: string
  model?: string
}

/** Faults waiting for their requests. */
export interface OrderedFaults {
  /**
   * Makes the next `times` (unset: all) matching requests fail; of several faults the one set first goes first. Returns
   * what lifts it.
   * @throws ZodError for a fault that is none
   */
  set(match: FaultMatch, fault: Fault, times?: number): () => void
  /** The fault that this request meets, which is then used up once; null when it meets none. */
  take(request: { row: string; model: string }): FullFault | null
}

export const createOrderedFaults = (): OrderedFaults => {
  const orders = new Set<{ match: FaultMatch; fault: FullFault; left: number }>()
  return {
    set(match, fault, times = Number.POSITIVE_INFINITY) {
      const order = { match, fault: completeFault(fault), left: times }
      orders.add(order)
      return () => {
        orders.delete(order)
      }
    },
    take(request) {
      for (const order of orders) {
        const { row = request.row, model = request.model } = order.match
        if (row !== request.row || model !== request.model) continue
        if (--order.left <= 0) orders.delete(order)
        return order.fault
      }
      return null
    },
  }
}
