/** The cells of a table by RFC 4180, read a character at a time. */
export const readCsv = (text: string): string[][] => {
  const rows: string[][] = [[]]
  let cell = ''
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    if (quoted && char === '"' && text[at + 1] === '"') {
      cell += '"'
      at += 1
    } else if (char === '"') quoted = !quoted
    else if (quoted || (char !== ',' && char !== '\r' && char !== '\n')) cell += char
    else if (char === ',' || char === '\r') {
      rows.at(-1)?.push(cell)
      cell = ''
      if (char === '\r') rows.push([])
    }
  }
  if (rows.at(-1)?.length !== 0 || cell !== '' || quoted) throw new Error('A table ends with its last line')
  return rows.slice(0, -1)
}
