import type { Heard } from './caller.ts'

/** A sentence for each caller who has no whole answer. */
export const expectWhole = (heard: readonly Heard[]): string[] =>
  heard.filter(({ kind }) => kind !== 'whole').map(describe)

const describe = (heard: Heard): string => {
  const { call, kind } = heard
  switch (kind) {
    case 'whole':
      return `call ${call} was answered`
    case 'refused':
      return `call ${call} was refused: ${heard.status} ${heard.code}`
    case 'unreached':
    case 'broken':
      return `call ${call} is ${kind}: ${heard.why}`
    case 'left':
      return `the caller of call ${call} left`
  }
}
