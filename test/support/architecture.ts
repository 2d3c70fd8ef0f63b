import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** A source file; `path` is relative to the project, with slashes: `src/gateway/complete.ts`. */
export interface SourceFile {
  path: string
  text: string
}

/** What a room may know. Every file of ours lies in a room: a folder of src/, or a file beside them. */
export interface Room {
  /** Rooms whose code it may import. */
  imports: readonly string[]
  /** Rooms of which it may know the types only. */
  types?: readonly string[]
  /** Whether it may use Node's own modules. */
  node: boolean
}

interface Import {
  specifier: string
  typeOnly: boolean
}

/** Reads every TypeScript file under `root`/src. */
export function readSources(root: string): SourceFile[] {
  return readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({
      path: `src/${name.split(path.sep).join('/')}`,
      text: readFileSync(path.join(root, 'src', name), 'utf8'),
    }))
}

/** Imports that the table of rooms does not draw, as sentences. */
export function arrowFaults(files: readonly SourceFile[], rooms: Readonly<Record<string, Room>>): string[] {
  return files.flatMap((file) => {
    const from = roomOf(file.path)
    const room = rooms[from]
    if (!room) return [`${file.path}: the room "${from}" is not in the table`]
    return importsOf(file).flatMap(({ specifier, typeOnly }) => {
      const to = isOurs(specifier) ? roomOf(resolve(file.path, specifier)) : null
      const allowed =
        to === null
          ? !specifier.startsWith('node:') || room.node
          : to === from || room.imports.includes(to) || (typeOnly && (room.types ?? []).includes(to))
      return allowed ? [] : [`${file.path}: ${from} may not import ${typeOnly ? 'types of ' : ''}${specifier}`]
    })
  })
}

/** Packages imported outside their home rooms, or without a home. */
export function packageFaults(
  files: readonly SourceFile[],
  homes: Readonly<Record<string, readonly string[]>>,
): string[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => !isOurs(specifier) && !specifier.startsWith('node:'))
      .map(({ specifier }) => packageOf(specifier))
      .filter((name) => !homes[name]?.includes(roomOf(file.path)))
      .map((name) => `${file.path}: ${name} belongs in ${homes[name]?.join(', ') ?? 'no room yet; name its home'}`),
  )
}

/** Circles of imports that remain when the program runs, each as the way around it. */
export function cycles(files: readonly SourceFile[]): string[] {
  const arrows = new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter(({ specifier, typeOnly }) => isOurs(specifier) && !typeOnly)
        .map(({ specifier }) => resolve(file.path, specifier)),
    ]),
  )
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file)
    if (start >= 0) found.push([...trail.slice(start), file].join(' → '))
    if (start >= 0 || done.has(file)) return
    for (const next of arrows.get(file) ?? []) visit(next, [...trail, file])
    done.add(file)
  }
  for (const file of arrows.keys()) visit(file, [])
  return found
}

/** Places where `pattern` stands in code rather than in a comment, outside the rooms where it may. */
export function wordFaults(files: readonly SourceFile[], pattern: RegExp, allowedRooms: readonly string[]): string[] {
  return files
    .filter((file) => !allowedRooms.includes(roomOf(file.path)))
    .flatMap((file) =>
      file.text
        .split('\n')
        .flatMap((line, index) =>
          pattern.test(withoutComment(line)) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [],
        ),
    )
}

export function lengthFaults(files: readonly SourceFile[], maxLines: number): string[] {
  return files
    .map(({ path: name, text }) => ({ name, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > maxLines)
    .map(({ name, lines }) => `${name}: ${lines} lines, and ${maxLines} are the most`)
}

/**
 * Statements are told by their first word at the start of a line, which is how the formatter lays them; `import { type T }`
 * counts as code, because Node still runs the module.
 */
const statement = /^(?:import|export)\s+(?<type>type\s+)?(?:[^'"`;=()]*?\bfrom\s+)?['"](?<specifier>[^'"]+)['"]/gm
const dynamic = /\bimport\(\s*['"](?<specifier>[^'"]+)['"]/g

function importsOf({ text }: SourceFile): Import[] {
  return [...text.matchAll(statement), ...text.matchAll(dynamic)].map(({ groups }) => ({
    specifier: groups?.['specifier'] ?? '',
    typeOnly: groups?.['type'] !== undefined,
  }))
}

function isOurs(specifier: string): boolean {
  return specifier.startsWith('.')
}

function resolve(file: string, specifier: string): string {
  return path.posix.join(path.posix.dirname(file), specifier)
}

/** `src/gateway/complete.ts` → `gateway`; `src/app.ts` → `app.ts`. */
function roomOf(file: string): string {
  return file.split('/')[1] ?? file
}

/** `@scope/name/part` → `@scope/name`; `name/part` → `name`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function withoutComment(line: string): string {
  return /^\s*(?:\/\/|\/?\*)/.test(line) ? '' : line.replace(/\s\/\/ .*$/, '')
}
