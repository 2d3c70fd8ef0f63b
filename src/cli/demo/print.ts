import { stripVTControlCharacters, styleText } from 'node:util'
import type { Sight } from './stop.ts'

/** What the tour tells its reader, a line at a time, as it happens. */
export interface TourPrinter {
  opening(facts: { url: string; protocol: string }): string
  sight(stop: string, sight: Sight, elapsedMs: number): string
  closing(facts: { broken: number; elapsedMs: number }): string
}

const intro =
  'The sandbox stands in for every provider: answers are simulated. Routing, cache, failover, ledger and prices are real.'

const farewell = ({ broken, elapsedMs }: { broken: number; elapsedMs: number }): string => {
  const seconds = `${(elapsedMs / 1000).toFixed(1)} s`
  return broken === 0
    ? `Every stop went as told, in ${seconds}. Start your own: npm start`
    : `${broken} of the stops did not go as told (${seconds}).`
}

/** For pipes and files: what was asked, and under it what was seen and why. */
export const plainPrinter: TourPrinter = {
  opening: ({ url, protocol }) =>
    `A gateway of its own at ${url}, an MCP client (${protocol}) before it.\n${intro}\n\n`,
  sight: (stop, { asked, seen, why, costUsd, broken }, elapsedMs) => {
    const cost = costUsd === null ? '' : `, $${costUsd}`
    const lines = [`${stop}: ${asked}`, `  seen: ${seen}${cost}, ${Math.round(elapsedMs)} ms`]
    if (why !== null) lines.push(`  why: ${why}`)
    if (broken !== null) lines.push(`  NOT AS TOLD: ${broken}`)
    return `${lines.join('\n')}\n`
  },
  closing: (facts) => `\n${farewell(facts)}\n`,
}

const widths = { stop: 9, asked: 36, cost: 13, time: 9 }
const indent = 3 + widths.stop

/** For terminals: a table as wide as the window allows, with the reasons dimmed under each row. */
export const tablePrinter = (columns: number): TourPrinter => {
  const width = Math.min(Math.max(columns, 100), 160)
  const seenWidth = width - indent - widths.asked - widths.cost - widths.time
  const row = (mark: string, stop: string, asked: string, seen: string, cost: string, time: string): string =>
    [
      ` ${mark} `,
      stop.padEnd(widths.stop),
      fit(asked, widths.asked),
      fit(seen, seenWidth),
      cost.padStart(widths.cost),
      time.padStart(widths.time),
    ].join('')
  const reason = (style: 'dim' | 'red', text: string): string =>
    wrap(text, width - indent)
      .map((line) => `${' '.repeat(indent)}${styleText(style, line)}\n`)
      .join('')

  return {
    opening: ({ url, protocol }) =>
      [
        `\n${styleText('bold', 'ai-gateway-mcp')}  ${url}  MCP ${protocol}\n`,
        wrap(intro, width)
          .map((line) => `${styleText('dim', line)}\n`)
          .join(''),
        '\n',
        `${styleText('bold', row(' ', 'stop', 'asked', 'seen', 'cost $', 'ms'))}\n`,
      ].join(''),
    sight: (stop, { asked, seen, why, costUsd, broken }, elapsedMs) => {
      const mark = broken === null ? styleText('green', '✓') : styleText('red', '✗')
      const cells = row(mark, stop, asked, seen, costUsd ?? '–', String(Math.round(elapsedMs)))
      const because = why === null ? '' : reason('dim', why)
      return `${cells}\n${because}${broken === null ? '' : reason('red', `not as told: ${broken}`)}`
    },
    closing: (facts) => `\n${styleText(facts.broken === 0 ? 'green' : 'red', farewell(facts))}\n\n`,
  }
}

/** Text in a cell of its own width, a space at its end. */
const fit = (text: string, width: number): string => {
  const plain = stripVTControlCharacters(text)
  return (plain.length < width ? plain : `${plain.slice(0, width - 2)}…`).padEnd(width)
}

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of stripVTControlCharacters(text).split(' ')) {
    if (line !== '' && line.length + word.length >= width) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return [...lines, line]
}
