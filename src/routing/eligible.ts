import type { ModelCard } from '../contract/model.ts'
import type { Forecast, Refusal } from '../contract/plan.ts'
import type { MakeForecast } from './forecast.ts'
import { gatesAfterForecast, gatesBeforeForecast } from './gates.ts'
import type { Ask, Gate, Grounds } from './gates.ts'

/** A refusal with what only the router needs. */
export interface GateRefusal {
  refusal: Refusal
  /** The request's field that would have to change. */
  param: string
  /** How many gates the card had passed before. */
  passed: number
}

export type Verdict = { eligible: true; card: ModelCard; forecast: Forecast } | ({ eligible: false } & GateRefusal)

type Judge = (card: ModelCard, ask: Ask) => Verdict

/** Holds a card against every hard requirement, in order; the first that it fails is the reason. */
export const createJudge =
  (grounds: Grounds, makeForecast: MakeForecast): Judge =>
  (card, ask) => {
    const before = firstRefusal(gatesBeforeForecast, 0, card, (gate) => gate.refuse(card, ask, grounds))
    if (before) return before
    const forecast = makeForecast(ask.request, card, ask.task, ask.atMs)
    const after = firstRefusal(gatesAfterForecast, gatesBeforeForecast.length, card, (gate) =>
      gate.refuse(card, ask, grounds, forecast),
    )
    return after ?? { eligible: true, card, forecast }
  }

const firstRefusal = <Known extends unknown[]>(
  gates: readonly Gate<Known>[],
  passedBefore: number,
  card: ModelCard,
  refuse: (gate: Gate<Known>) => string | null,
): Verdict | null => {
  for (const gate of gates) {
    const reason = refuse(gate)
    if (reason === null) continue
    const refusal = { model: card.key, code: gate.code, reason }
    return { eligible: false, refusal, param: gate.param, passed: passedBefore + gates.indexOf(gate) }
  }
  return null
}
