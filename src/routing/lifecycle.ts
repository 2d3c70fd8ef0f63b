import type { ModelCard } from '../contract/model.ts'

/** Whether the model no longer answers at `atMs`: its shutdown day, in UTC, has come. */
export const isRetired = ({ lifecycle }: ModelCard, atMs: number): boolean =>
  lifecycle.status !== 'active' && lifecycle.shutdownOn !== null && Date.parse(lifecycle.shutdownOn) <= atMs

/** Why the model is not to be relied on, in a sentence; null for one in its prime. */
export const lifecycleNote = (card: ModelCard, atMs: number): string | null => {
  const { lifecycle } = card
  if (lifecycle.status === 'active') return null
  const { shutdownOn, replacement } = lifecycle
  const instead = replacement === null ? '' : `; use "${replacement}" instead`
  if (isRetired(card, atMs)) return `was retired on ${shutdownOn}${instead}`
  return `is deprecated${shutdownOn === null ? '' : ` and stops answering on ${shutdownOn}`}${instead}`
}
