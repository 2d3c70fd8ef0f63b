import { plainPrinter, tablePrinter } from './demo/print.ts'
import { openStage } from './demo/stage.ts'
import { stops } from './demo/stops/index.ts'
import { tour } from './demo/tour.ts'
import { untilStopped } from './until-stopped.ts'

/** Shows a gateway of its own at work, through a real MCP client. The exit code is 1 if a stop was not as told. */
export const demo = async (): Promise<void> => {
  using stop = untilStopped()
  await using stage = await openStage()
  const { stdout } = process
  const printer = stdout.isTTY ? tablePrinter(stdout.columns) : plainPrinter
  const broken = await tour(stage, stops, { printer, write: (text) => stdout.write(text) }, stop.signal)
  if (broken > 0) process.exitCode = 1
}
