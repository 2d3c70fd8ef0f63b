/**
 * What an entry's `detail` column holds.
 * @throws SyntaxError, TypeError for a text that is no object
 */
export const readDetail = (text: string): Readonly<Record<string, string>> => {
  const read: unknown = JSON.parse(text)
  if (typeof read !== 'object' || read === null) throw new TypeError('This entry holds no detail')
  return Object.fromEntries(Object.entries(read).map(([name, value]) => [name, String(value)]))
}
