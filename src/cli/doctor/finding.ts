/** What can be said of one thing. Only `wrong` fails the examination. */
export const verdicts = [
  'works',
  'slow',
  'warning',
  'wrong',
  /** Another gateway need not have it. */
  'not offered',
  /** The doctor looked and could not see. */
  'not observable',
  /** The doctor did not look: it takes a flag, or time was up. */
  'not tried',
] as const
export type Verdict = (typeof verdicts)[number]

/** One line of the report. */
export interface Finding {
  /** What was looked at, in a few words. */
  subject: string
  verdict: Verdict
  said: string
  /** What to do about it; null where there is nothing to do. */
  todo: string | null
  /** Figures by name; the names carry their units. */
  measures: Readonly<Record<string, number>>
}

type Measures = Finding['measures']

export const works = (subject: string, said: string, measures: Measures = {}): Finding => ({
  subject,
  verdict: 'works',
  said,
  todo: null,
  measures,
})

/** A finding with something to do about it. */
export const ill = (
  verdict: 'slow' | 'warning' | 'wrong',
  subject: string,
  said: string,
  todo: string,
  measures: Measures = {},
): Finding => ({ subject, verdict, said, todo, measures })

/** A finding that says nothing for or against the gateway. */
export const unseen = (
  verdict: 'not offered' | 'not observable' | 'not tried',
  subject: string,
  said: string,
  todo: string | null = null,
): Finding => ({ subject, verdict, said, todo, measures: {} })
