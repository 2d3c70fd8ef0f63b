import type { Form, Part, Size, Verdict } from './part.ts'

export interface PartRun extends Verdict {
  part: string
  proves: string
  ok: boolean
  tookS: number
  size: Partial<Size>
}

const nothing: Size = {
  streams: 1,
  frames: 1,
  requests: 1,
  callers: 1,
  seconds: 1,
  rate: 1,
  rounds: 1,
  outlasting: 0,
  drainMs: 7_000,
}

/** Runs a part in one of its forms; `given` replaces sizes that it has. A part that breaks down is not ok. */
export const runPart = async (part: Part, form: Form, given: Partial<Size> = {}): Promise<PartRun> => {
  const known = Object.keys(part.forms[form])
  const size = {
    ...part.forms[form],
    ...Object.fromEntries(Object.entries(given).filter(([name]) => known.includes(name))),
  }
  const startedAtMs = Date.now()
  const verdict = await part.run({ ...nothing, ...size }).catch((error: unknown): Verdict => {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { faults: [`the part broke down: ${why}`], figures: {} }
  })
  const tookS = Math.round((Date.now() - startedAtMs) / 100) / 10
  return { part: part.name, proves: part.proves, ok: verdict.faults.length === 0, tookS, size, ...verdict }
}

const shownFaults = 10

/** A run for people: the verdict, what was done, and what was wrong. */
export const describeRun = ({ part, proves, ok, tookS, size, faults, figures }: PartRun): string => {
  const line = (title: string, entries: object): string =>
    `       ${title} ${Object.entries(entries)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}\n`
  const more = faults.length > shownFaults ? [`       … and ${faults.length - shownFaults} more\n`] : []
  return [
    `${ok ? 'ok    ' : 'WRONG '} ${part} (${tookS} s): ${proves}\n`,
    line('asked', size),
    line('found', figures),
    ...faults.slice(0, shownFaults).map((fault) => `       - ${fault}\n`),
    ...more,
  ].join('')
}
