import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/**
 * The files of a folder that its .dockerignore lets into a build, in the order of their names: of the lines that match a
 * path, or a folder above it, the last decides (docs.docker.com/build/concepts/context/#dockerignore-files).
 */
export const contextFiles = (
  root: string,
  ignore = readFileSync(path.join(root, '.dockerignore'), 'utf8'),
): string[] => {
  const lines = ignore
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ lets: line.startsWith('!'), pattern: path.posix.normalize(line.replace(/^!/, '')) }))
  const isIn = (file: string): boolean => lines.findLast(({ pattern }) => covers(pattern, file))?.lets ?? true
  const mayHold = (folder: string): boolean =>
    isIn(folder) || lines.some(({ lets, pattern }) => lets && pattern.startsWith(`${folder}/`))
  const walk = (folder: string): string[] =>
    readdirSync(path.join(root, folder), { withFileTypes: true })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const file = path.posix.join(folder, entry.name)
        if (entry.isDirectory()) return mayHold(file) ? walk(file) : []
        return isIn(file) ? [file] : []
      })
  return walk('')
}

const covers = (pattern: string, file: string): boolean => {
  const form = expressionOf(pattern)
  const names = file.split('/')
  return names.some((_name, index) => form.test(names.slice(0, index + 1).join('/')))
}

/** A star is any name, hidden ones too, unlike in a shell. */
const expressionOf = (pattern: string): RegExp => {
  const parts = pattern.split(/(\*\*\/|\*\*|\*|\?)/)
  const meanings: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' }
  return new RegExp(
    `^${parts.map((part) => meanings[part] ?? part.replaceAll(/[.+^$(){}|[\]\\]/g, String.raw`\$&`)).join('')}$`,
  )
}
