import { against } from './guard.ts'
import type { Guard } from './guard.ts'

/** An answer is written in the language it was asked for in. */
export const language: Guard = {
  name: 'language',
  objects: (a, b) => {
    if (a.scripts.join() !== b.scripts.join()) return `other scripts: ${against(a.scripts, b.scripts)}`
    if (a.language === null || b.language === null || a.language === b.language) return null
    return `other languages: ${against([a.language], [b.language])}`
  },
}
