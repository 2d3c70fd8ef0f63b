import path from 'node:path'
import type { SecretReference } from '../contract/secrets.ts'

type Read = SecretReference | { kind: 'faulty'; problem: string; advice: string }

/**
 * `[PROJECT/]NAME@VERSION`, by the names that Google takes
 * (https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets).
 */
const managed = /^(?:(?<project>[a-z][a-z0-9-]{4,28}[a-z0-9])\/)?(?<name>[\w-]{1,255})@(?<version>[\w-]{1,63})$/

/** Where a key lies, if what stands in its place says that; null for a key itself. */
export const readReference = (text: string): Read | null => {
  const [, kind, rest] = /^(file|secret-manager):(.*)$/s.exec(text) ?? []
  if (kind === undefined || rest === undefined) return null
  return kind === 'file' ? readFileReference(rest) : readManagedReference(rest)
}

const readFileReference = (file: string): Read =>
  path.isAbsolute(file)
    ? { kind: 'file', path: file }
    : { kind: 'faulty', problem: 'names a file by a relative path', advice: 'write file:/run/secrets/openai' }

const readManagedReference = (text: string): Read => {
  const { project, name, version } = managed.exec(text)?.groups ?? {}
  return name !== undefined && version !== undefined
    ? { kind: 'secret-manager', project: project ?? null, name, version }
    : {
        kind: 'faulty',
        problem: 'names no version of a secret',
        advice:
          'write secret-manager:openai-api-key@latest, or with a project secret-manager:my-project/openai-api-key@7',
      }
}
