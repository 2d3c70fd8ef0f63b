import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { installNpmPackages } from '../../support/cached-install.ts'

const version = '2.12.0'

/** One run of `mcp-inspector --cli`. */
export interface Inspected {
  /** 0; 5 where the tool's result is an error; 6 where `--strict` finds a schema that some client would refuse. */
  exitCode: number
  result: { tools?: { name: string }[]; structuredContent?: unknown; content?: { text: string }[]; isError?: boolean }
}

/** Runs the CLI, given its words. */
export type Inspector = (words: readonly string[]) => Promise<Inspected>

/**
 * The MCP Inspector's command line, in a folder of the project's cache: it brings 110 MB, and is no dependency.
 * @returns null, having said why on stderr, where it cannot be installed
 */
export const prepareInspector = async (): Promise<Inspector | null> => {
  try {
    const dependencies = { '@modelcontextprotocol/inspector': version }
    const modules = await installNpmPackages({ name: 'mcp-inspector', dependencies })
    const main = path.join(modules, '@modelcontextprotocol/inspector/clients/launcher/build/index.js')
    return (words) => runInspector([main, '--cli', ...words, '--format', 'json'], modules)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`The MCP Inspector is not tested: ${reason}\n`)
    return null
  }
}

/** @param home where it keeps its list of servers, which is nobody's list here */
const runInspector = async (words: readonly string[], home: string): Promise<Inspected> => {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, USERPROFILE: home, MCP_INSPECTOR_SECRET_STORE: 'memory' }
  const { exitCode, stdout, stderr } = await promisify(execFile)(process.execPath, words, { env }).then(
    (ended) => ({ exitCode: 0, ...ended }),
    (error: { code: number; stdout: string; stderr: string }) => ({ ...error, exitCode: error.code }),
  )
  if (!stdout.startsWith('{')) throw new Error(`The Inspector said nothing (${exitCode}): ${stderr}`)
  return { exitCode, ...(JSON.parse(stdout) as Pick<Inspected, 'result'>) }
}
