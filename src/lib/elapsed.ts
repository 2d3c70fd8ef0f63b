/** Milliseconds from one moment of the wall clock to a later one; 0 where the clock was set back in between. */
export const elapsedMs = (fromMs: number, toMs: number): number => Math.max(0, toMs - fromMs)
