import type { ModelCard } from '../contract/model.ts'
import type { Forecast, Refusal } from '../contract/plan.ts'
import type { MakeForecast } from './forecast.ts'
import { gatesAfterForecast, gatesBeforeForecast } from './gates.ts'
import type { Ask, Grounds } from './gates.ts'

/** A refusal, and how many gates the card had passed: the one that got furthest says what to relax. */
export interface RankedRefusal extends Refusal {
  passed: number
}

export type Verdict =
  | { eligible: true; card: ModelCard; forecast: Forecast }
  | { eligible: false; refusal: RankedRefusal }

export type Judge = (card: ModelCard, ask: Ask) => Verdict

/** Holds a card against every hard requirement, in order; the first that it fails is the reason. */
export const createJudge =
  (grounds: Grounds, makeForecast: MakeForecast): Judge =>
  (card, ask) => {
    let passed = 0
    const refuse = (code: Refusal['code'], reason: string): Verdict => ({
      eligible: false,
      refusal: { model: card.key, code, reason, passed },
    })

    for (const gate of gatesBeforeForecast) {
      const reason = gate.refuse(card, ask, grounds)
      if (reason !== null) return refuse(gate.code, reason)
      passed += 1
    }
    const forecast = makeForecast(ask.request, card, ask.task, ask.atMs)
    for (const gate of gatesAfterForecast) {
      const reason = gate.refuse(card, ask, grounds, forecast)
      if (reason !== null) return refuse(gate.code, reason)
      passed += 1
    }
    return { eligible: true, card, forecast }
  }
