import type { EmbedderFacts, EmbedderForm, Perceived } from '../contract/perception.ts'

/** What the worker is started with. */
export interface EmbedderFiles {
  /** The model's own folder, as set-up left it. */
  folder: string
  form: EmbedderForm
}

/** From the worker: first whether it can work at all, then an answer for each text. It gets one text at a time. */
export type Told =
  | { kind: 'ready'; facts: EmbedderFacts }
  | { kind: 'unavailable'; why: string }
  | { kind: 'perceived'; perceived: Perceived }
  | { kind: 'failed'; why: string }
