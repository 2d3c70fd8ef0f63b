import type { ChatRequest } from '../contract/chat.ts'
import type { ModelCard } from '../contract/model.ts'
import type { ChosenEffort } from './effort.ts'
import type { Warn } from './warn.ts'

const samplingNames = ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'] as const
type SamplingName = (typeof samplingNames)[number]

/** The value of each that changes nothing: left out where it is refused, it is not missed. */
const neutralValues: Readonly<Record<SamplingName, number>> = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
}

/** Whether the model takes sampling parameters now: a model that *has* the effort `none` may still think by default. */
export const takesSampling = ({ wire }: ModelCard, effort: ChosenEffort | null): boolean => {
  switch (wire.sampling) {
    case 'always':
      return true
    case 'never':
      return false
    case 'effort-none':
      return effort?.level === 'none'
  }
}

/** The caller's sampling parameters, as far as they are taken. */
export const chooseSampling = (
  request: ChatRequest,
  isTaken: (name: SamplingName) => boolean,
  card: ModelCard,
  warn: Warn,
): Partial<Record<SamplingName, number>> => {
  const given = {
    temperature: request.temperature,
    top_p: request.topP,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
  }
  const chosen: Partial<Record<SamplingName, number>> = {}
  for (const name of samplingNames) {
    const value = given[name]
    if (value === undefined) continue
    if (isTaken(name)) chosen[name] = value
    else if (value !== neutralValues[name]) warn('dropped_parameter', name, `${card.id} does not take ${name} here.`)
  }
  return chosen
}
