import type { TourPrinter } from './print.ts'
import type { Stage } from './stage.ts'
import type { Sight, Stop } from './stop.ts'

/**
 * Visits every stop, also after one that broke, and writes each as soon as it has been seen.
 * @returns how many sights were not as told
 * @throws the signal's reason when it is aborted
 */
export const tour = async (
  stage: Stage,
  stops: readonly Stop[],
  { printer, write }: { printer: TourPrinter; write: (text: string) => void },
  signal: AbortSignal,
): Promise<number> => {
  const startedAtMs = performance.now()
  let broken = 0
  write(printer.opening({ url: stage.url, protocol: stage.client.protocol }))
  for (const stop of stops) {
    let seenAtMs = performance.now()
    for await (const sight of sightsOf(stop, stage, signal)) {
      if (sight.broken !== null) broken += 1
      write(printer.sight(stop.name, sight, performance.now() - seenAtMs))
      seenAtMs = performance.now()
    }
  }
  write(printer.closing({ broken, elapsedMs: performance.now() - startedAtMs }))
  return broken
}

async function* sightsOf(stop: Stop, stage: Stage, signal: AbortSignal): AsyncGenerator<Sight, void> {
  try {
    yield* stop.visit(stage, signal)
  } catch (error) {
    signal.throwIfAborted()
    const said = error instanceof Error ? error.message : String(error)
    yield { asked: 'what the stop shows', seen: 'it failed', why: said, costUsd: null, broken: 'it should not fail' }
  }
}
