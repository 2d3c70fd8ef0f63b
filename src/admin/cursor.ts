import { GatewayError } from '../contract/errors.ts'

/** A place in a list that is ordered by time, and within a millisecond by id. */
interface Place {
  atMs: number
  id: string
}

/** A place as callers carry it from one page to the next. */
export const cursorOf = ({ atMs, id }: Place): string => `${Math.floor(atMs)}.${id}`

/** @throws GatewayError invalid_request for a text that is no cursor of ours */
export const placeOf = (cursor: string): Place => {
  const [, atMs = '', id = ''] = /^(\d{1,15})\.(.{1,200})$/.exec(cursor) ?? []
  if (id === '')
    throw new GatewayError('invalid_request', '"cursor" must be the next_cursor of an earlier page.', {
      param: 'cursor',
    })
  return { atMs: Number(atMs), id }
}
