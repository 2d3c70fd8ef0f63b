import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** The project's folder: this file is in src/config/ or, built, in dist/config/. */
export const projectRoot = new URL('../..', import.meta.url)

/** Of package.json, so that it stands in one place. */
export const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('package.json', projectRoot), 'utf8')))
