type Cell = string | number | boolean

/**
 * A table as RFC 4180 has it. Texts are quoted, decimals are not; a text that a spreadsheet would run as a formula begins
 * with an apostrophe: models, users and tags are named by callers, and somebody else opens the file.
 */
export const writeCsv = (head: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [head, ...rows].map((cells) => `${cells.map(writeCell).join(',')}\r\n`).join('')

const writeCell = (cell: Cell): string => {
  if (typeof cell !== 'string' || /^\d+(?:\.\d+)?$/.test(cell)) return String(cell)
  const harmless = formula.test(cell) ? `'${cell}` : cell
  return `"${harmless.replaceAll('"', '""')}"`
}

/** What spreadsheets take for the beginning of a formula, in full width too, also after what they skip (OWASP, CSV injection). */
const formula = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/
