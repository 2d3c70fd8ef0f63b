/** How both networks are run. Their answers are those of exactly these options. */
export const sessionOptions = {
  // A second thread would take the core that the event loop runs on. Other optimisations may round otherwise.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
  // Texts differ in length: by itself the runtime keeps a plan, and memory, for each length that it has seen.
  enableMemPattern: false,
} as const
