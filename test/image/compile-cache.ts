import type { Built } from './build.ts'
import { isUp, startBuilt } from './cold-start.ts'

/** What a start found of what was compiled when the image was built. */
export interface CacheUse {
  /** Modules that it took as they were. */
  hits: number
  /** Those that it compiled anew, with what Node says of them. */
  misses: readonly string[]
}

/** Starts what was built as it will run, until it is ready, and asks Node itself which modules it found compiled. */
export const cacheUse = async (built: Built, dataDir: string): Promise<CacheUse> => {
  // Node's own words on its compile cache; not a part of its interface, so that a test holds them.
  await using gateway = await startBuilt(built, dataDir, { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' })
  await gateway.when(() => isUp(`${gateway.url}/ready`))
  return readCacheUse(await gateway.stop())
}

export const readCacheUse = (said: string): CacheUse => {
  const lines = said.split('\n').filter((line) => line.startsWith('[compile cache] V8 code cache for '))
  return {
    hits: lines.filter((line) => line.includes(' was accepted')).length,
    misses: lines.filter((line) => !line.includes(' was accepted')),
  }
}
