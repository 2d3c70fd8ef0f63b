import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../../support/app.ts'

/** What the compiler says of a value that is written as a program and must have a type: nothing, where it has. */
export const typeFaults = async (value: unknown, type: string, from: string): Promise<string> => {
  const parent = path.join(projectRoot, '.vitest')
  mkdirSync(parent, { recursive: true })
  // Beside the packages, where the compiler finds them.
  const folder = mkdtempSync(path.join(parent, 'types-'))
  try {
    const [space = ''] = type.split('.')
    const program = `import type { ${space} } from '${from}'\nexport default ${JSON.stringify(value, null, 1)} satisfies ${type}\n`
    const file = path.join(folder, 'value.ts')
    writeFileSync(file, program)
    const flags = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', '']
    await promisify(execFile)(process.execPath, [
      path.join(projectRoot, 'node_modules/typescript/bin/tsc'),
      ...flags,
      file,
    ])
    return ''
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
