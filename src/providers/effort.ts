import { efforts } from '../contract/chat.ts'
import type { Effort } from '../contract/chat.ts'
import type { ModelCard } from '../contract/model.ts'
import type { Warn } from './warn.ts'

/** A level that the model has, and the provider's word for it. */
export interface ChosenEffort {
  level: Effort
  word: string
}

/**
 * The effort to ask for: the caller's, or the nearest that the model has, the lower of two. Who wants thinking is not
 * given `none`. Null: nothing is sent, and the model does as it does by default.
 */
export const chooseEffort = (asked: Effort | undefined, card: ModelCard, warn: Warn): ChosenEffort | null => {
  if (asked === undefined) return null
  const levels = efforts.flatMap((level, rank) => {
    const word = card.wire.effortLevels[level]
    return typeof word === 'string' ? [{ level, word, rank }] : []
  })
  if (levels.length === 0) {
    const isAsWished = asked === 'none' && !card.capabilities.reasoning
    if (!isAsWished) warn('dropped_parameter', 'reasoning_effort', `The effort of ${card.id} cannot be set.`)
    return null
  }

  const thinking = levels.filter(({ level }) => level !== 'none')
  const eligible = asked === 'none' || thinking.length === 0 ? levels : thinking
  const wanted = efforts.indexOf(asked)
  const nearest = eligible.reduce((best, next) =>
    Math.abs(next.rank - wanted) < Math.abs(best.rank - wanted) ? next : best,
  )
  if (nearest.level !== asked) {
    const message = `${card.id} has no effort "${asked}"; "${nearest.level}" was used.`
    warn('changed_parameter', 'reasoning_effort', message)
  }
  return { level: nearest.level, word: nearest.word }
}
