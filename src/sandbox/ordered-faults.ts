import { completeFault, type Fault, type FullFault } from './fault.ts'

/** Requests that a fault applies to; what is left out matches all. */
export interface FaultMatch {
  row?: string
  model?: string
}

/** Faults waiting for their requests. */
export interface OrderedFaults {
  /**
   * Makes the next `times` (unset: all) matching requests fail; of several orders the one set first goes first. Several
   * faults in one order take turns, each of them `times`. Returns what lifts the order.
   * @throws ZodError for a fault that is none
   */
  set(match: FaultMatch, fault: Fault | readonly Fault[], times?: number): () => void
  /** The fault that this request meets, which is then used up once; null when it meets none. */
  take(request: { row: string; model: string }): FullFault | null
}

export const createOrderedFaults = (): OrderedFaults => {
  const orders = new Set<{ match: FaultMatch; faults: readonly FullFault[]; taken: number; most: number }>()
  return {
    set(match, fault, times = Number.POSITIVE_INFINITY) {
      const faults = (isList(fault) ? fault : [fault]).map(completeFault)
      const order = { match, faults, taken: 0, most: times * faults.length }
      orders.add(order)
      return () => {
        orders.delete(order)
      }
    },
    take(request) {
      for (const order of orders) {
        const { row = request.row, model = request.model } = order.match
        if (row !== request.row || model !== request.model) continue
        const fault = order.faults[order.taken++ % order.faults.length]
        if (order.taken >= order.most) orders.delete(order)
        if (fault !== undefined) return fault
      }
      return null
    },
  }
}

const isList = (fault: Fault | readonly Fault[]): fault is readonly Fault[] => Array.isArray(fault)
