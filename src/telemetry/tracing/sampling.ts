import type { RequestContext } from '../../contract/journey.ts'

/**
 * Whether a request's trace is recorded: as whoever began it decided, else by its id, so that every gateway of a chain
 * decides the same.
 * @param sampleRatio share of the traces that begin here which are, 0…1
 */
export const isSampled = (
  { traceId, traceParent }: Pick<RequestContext, 'traceId' | 'traceParent'>,
  sampleRatio: number,
): boolean => {
  if (traceId === null) return false
  if (traceParent) return traceParent.isSampled
  return Number.parseInt(traceId.slice(-8), 16) < sampleRatio * 2 ** 32
}
