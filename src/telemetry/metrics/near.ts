import { catalogue } from './catalogue.ts'
import type { createInstruments } from './instruments.ts'

type Counts = Readonly<Partial<Record<string, number>>>

/** What the near tier did since the process began, and what holds for it now. */
export interface NearFigures {
  counts: {
    asked: number
    refusals: Counts
    vetoes: Counts
    wouldServe: Counts
    canaries: Readonly<Record<'agree' | 'differ' | 'unclear', number>>
    feedback: Readonly<Record<'good' | 'bad', number>>
    byTask: Readonly<Partial<Record<string, { hits: number; shadowed: number }>>>
  }
  policy: {
    classes: readonly string[]
    evidence: readonly { task: string; broken: boolean; worstShare: number }[]
  }
}

/** Names are those of our own reasons, guards, rates and tasks: none comes from a caller. */
export const showNear = (
  { gauge, total }: ReturnType<typeof createInstruments>,
  /** Null where there are no near answers. */
  figures: () => NearFigures | null,
): void => {
  const counted = (read: (counts: NearFigures['counts']) => Counts) => (): (readonly [string, number])[] => {
    const now = figures()
    return now ? Object.entries(read(now.counts)).map(([name, count = 0]) => [name, count] as const) : []
  }
  const refusals = counted((counts) => counts.refusals)
  const vetoes = counted((counts) => counts.vetoes)
  const wouldServe = counted((counts) => counts.wouldServe)
  const canaries = counted((counts) => counts.canaries)
  const feedback = counted((counts) => counts.feedback)

  total(catalogue.nearAsked, () => {
    const now = figures()
    return now ? [[{}, now.counts.asked] as const] : []
  })
  total(catalogue.nearRefusals, () => refusals().map(([refusal, count]) => [{ refusal: plain(refusal) }, count]))
  total(catalogue.nearVetoes, () => vetoes().map(([guard, count]) => [{ guard }, count]))
  total(catalogue.nearWouldServe, () => wouldServe().map(([rate, count]) => [{ max_false_hit_rate: rate }, count]))
  total(catalogue.nearCanaries, () => canaries().map(([agreement, count]) => [{ agreement }, count]))
  total(catalogue.nearFeedback, () => feedback().map(([verdict, count]) => [{ verdict }, count]))
  total(catalogue.nearAnswers, () =>
    Object.entries(figures()?.counts.byTask ?? {}).flatMap(([task, { hits = 0, shadowed = 0 } = {}]) => [
      [{ task, given: 'true' }, hits] as const,
      [{ task, given: 'false' }, shadowed] as const,
    ]),
  )

  const ofClasses = (read: (evidence: { broken: boolean; worstShare: number }) => number) => async () => {
    const { classes, evidence } = figures()?.policy ?? { classes: [], evidence: [] }
    return classes.map((task) => {
      const seen = evidence.find((row) => row.task === task) ?? { broken: false, worstShare: 1 }
      return [{ task }, read(seen)] as const
    })
  }
  gauge(
    catalogue.nearBroken,
    ofClasses(({ broken }) => Number(broken)),
  )
  gauge(
    catalogue.nearWorstShare,
    ofClasses(({ worstShare }) => worstShare),
  )
}

/** The embedder's reasons are written with hyphens, and no other label value is. */
const plain = (reason: string): string => reason.replaceAll('-', '_')
