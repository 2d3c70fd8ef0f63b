import type { ZodType } from 'zod'
import { didYouMean } from '../contract/did-you-mean.ts'
import { faultSchema, writtenRetryAfter } from './fault.ts'

/** A kind of fault, for people: how it is written, what may be said about it, what it does. */
interface FaultEntry {
  kind: string
  /** With its default: `after=2`; `status=N` where there is none. */
  fields: readonly string[]
  meaning: string
}

const entries: readonly FaultEntry[] = faultSchema.options.map((option) => {
  const { kind, ...others } = option.shape
  const fields: Readonly<Record<string, ZodType>> = others
  return {
    kind: kind.value,
    fields: Object.entries(fields).map(([name, schema]) => {
      const fallback = schema.safeParse(undefined).data
      return `${name === 'retryAfterS' ? writtenRetryAfter : name}=${typeof fallback === 'number' ? fallback : 'N'}`
    }),
    meaning: option.description ?? '',
  }
})

export const faultKinds: readonly string[] = entries.map(({ kind }) => kind)

/** Every fault with its fields, their defaults and what it does, a line each, and how they are written. */
export const faultList = (): string => {
  const lines = entries.map(
    ({ kind, fields, meaning }) => `  ${kind.padEnd(18)}${fields.join(' ').padEnd(24)}${meaning}`,
  )
  return `${lines.join('\n')}\n\nThey are written ${examples}.\n`
}

const examples = `as "stall", "stall; after=3" or, for a status in short, "429; ${writtenRetryAfter}=2"`

/** What is wrong with a text that is no fault, and which faults there are. */
export const explainFault = (text: string): string =>
  `"${text}" is no fault${reasonFor(text.split(';')[0]?.trim() ?? '')} There are: ${faultKinds.join(', ')}, and any status from 400 to 599. They are written ${examples}.`

const reasonFor = (name: string): string => {
  const known = entries.find(({ kind }) => kind === name)
  if (known !== undefined)
    return known.fields.length === 0
      ? `: ${name} takes nothing more.`
      : `: ${name} takes ${known.fields.join(' and ')}, numbers not below 0.`
  const near = didYouMean(name, faultKinds)
  return near === null ? '.' : `. Did you mean "${near}"?`
}
