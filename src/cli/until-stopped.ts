/** A signal that aborts when the process is told to stop (SIGINT, SIGTERM, SIGHUP); a second SIGINT kills at once. */
export const untilStopped = (): { signal: AbortSignal } & Disposable => {
  const controller = new AbortController()
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted && name === 'SIGINT') process.kill(process.pid, 'SIGKILL')
    controller.abort(new Error(`The process was told to stop (${name}).`))
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, stop)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, stop)
    },
  }
}
