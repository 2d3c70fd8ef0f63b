import type { Warning } from '../contract/chat.ts'

/** Notes what a dialect left out or changed. `param` is the caller's own word for it, in OpenAI's spelling. */
export type Warn = (code: 'dropped_parameter' | 'changed_parameter', param: string, message: string) => void

export const createWarnings = (): { warnings: Warning[]; warn: Warn } => {
  const warnings: Warning[] = []
  return { warnings, warn: (code, param, message) => warnings.push({ code, param, message }) }
}
