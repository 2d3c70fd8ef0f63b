import { styleText } from 'node:util'
import { verdicts } from './finding.ts'
import type { Verdict } from './finding.ts'
import type { Entry, Report } from './report.ts'

/** What the doctor tells its reader, each finding as soon as it is made. */
export interface DoctorPrinter {
  opening(url: string): string
  entry(entry: Entry): string
  closing(report: Report): string
}

const marks: Record<Verdict, string> = {
  works: 'ok',
  slow: 'slow',
  warning: 'warn',
  wrong: 'WRONG',
  'not offered': 'none',
  'not observable': 'unseen',
  'not tried': 'left',
}

const summary = ({ findings, elapsed_ms: elapsedMs, verdict, spend }: Report): string => {
  const counts = verdicts.flatMap((kind) => {
    const count = findings.filter((finding) => finding.verdict === kind).length
    return count === 0 ? [] : [`${count} ${kind}`]
  })
  const cost =
    spend === null
      ? 'nothing was spent'
      : spend.cost_usd === null
        ? 'what it cost is not known'
        : `cost $${spend.cost_usd}${spend.simulated ? ', simulated' : ''}`
  const words = {
    well: 'The gateway is well',
    warnings: 'The gateway works, with warnings',
    wrong: 'Something is wrong',
  }
  return `${words[verdict]}: ${counts.join(', ')}; ${(elapsedMs / 1000).toFixed(1)} s, ${cost}.`
}

/** For pipes and files: a line for each finding, and what to do under it. */
export const plainPrinter: DoctorPrinter = {
  opening: (url) => `Examining ${url}\n\n`,
  entry: ({ check, subject, verdict, said, todo }) =>
    `${marks[verdict].padEnd(6)} ${check}: ${subject}: ${said}\n${todo === null ? '' : `       do: ${todo}\n`}`,
  closing: (report) => `\n${summary(report)}\n`,
}

const styles = {
  works: 'green',
  slow: 'yellow',
  warning: 'yellow',
  wrong: 'red',
  'not offered': 'dim',
  'not observable': 'dim',
  'not tried': 'dim',
} as const satisfies Record<Verdict, string>

const widths = { mark: 8, check: 12, subject: 26 }
const indent = widths.mark + widths.check + widths.subject

/** For terminals: a table as wide as the window allows. */
export const tablePrinter = (columns: number): DoctorPrinter => {
  const saidWidth = Math.min(Math.max(columns, 90), 160) - indent
  const cell = (text: string, width: number): string =>
    (text.length < width ? text : `${text.slice(0, width - 2)}…`).padEnd(width)
  return {
    opening: (url) => `\n${styleText('bold', 'ai-gateway-mcp doctor')}  ${url}\n\n`,
    entry: ({ check, subject, verdict, said, todo }) => {
      const [first = '', ...rest] = wrap(said, saidWidth)
      const head = `${styleText(styles[verdict], cell(` ${marks[verdict]}`, widths.mark))}${cell(check, widths.check)}${cell(subject, widths.subject)}`
      const advice = todo === null ? [] : wrap(`→ ${todo}`, saidWidth).map((line) => styleText('bold', line))
      return [`${head}${first}`, ...[...rest, ...advice].map((line) => `${' '.repeat(indent)}${line}`), ''].join('\n')
    },
    closing: (report) => {
      const style = { well: 'green', warnings: 'yellow', wrong: 'red' } as const
      return `\n${styleText(style[report.verdict], summary(report))}\n\n`
    },
  }
}

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= width) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return [...lines, line]
}

/** For programs: nothing until the whole report is there. */
export const jsonPrinter: DoctorPrinter = {
  opening: () => '',
  entry: () => '',
  closing: (report) => `${JSON.stringify(report, null, 2)}\n`,
}
