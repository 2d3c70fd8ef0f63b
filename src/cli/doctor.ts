import { examine } from './doctor/examine.ts'
import { readOrders } from './doctor/orders.ts'
import type { DoctorFlags } from './doctor/orders.ts'
import { jsonPrinter, plainPrinter, tablePrinter } from './doctor/print.ts'
import type { Entry } from './doctor/report.ts'
import { openStandIn } from './doctor/stand-in.ts'
import { untilStopped } from './until-stopped.ts'

/**
 * Examines the gateway at `url` from outside and prints what was found. The exit code is 0 where nothing is wrong, and 1
 * where something is.
 * @throws UsageError where the command cannot run as it was called
 */
export const doctor = async (url: string, flags: DoctorFlags): Promise<void> => {
  const orders = await readOrders(url, flags)
  using stop = untilStopped()
  await using resources = new AsyncDisposableStack()
  const standIn = orders.upstream === null ? null : resources.use(await openStandIn(orders.upstream))
  const { stdout } = process
  const text = stdout.isTTY ? tablePrinter(stdout.columns) : plainPrinter
  const printer = orders.json ? jsonPrinter : text
  stdout.write(printer.opening(orders.target.root))
  const examination = {
    orders,
    standIn,
    tell: (entry: Entry) => {
      stdout.write(printer.entry(entry))
      // What it may cost is said before it does, also where the report comes last.
      if (orders.json && entry.check === 'spend' && entry.verdict === 'works')
        process.stderr.write(plainPrinter.entry(entry))
    },
    now: () => performance.timeOrigin + performance.now(),
  }
  const report = await examine(examination, stop.signal)
  stdout.write(printer.closing(report))
  if (report.verdict === 'wrong') process.exitCode = 1
}
