/** The launcher cannot go on. The message says why and what to do; with a `signal`, somebody stopped it and knows why. */
export class LaunchError extends Error {
  /**
   * @param {string} message
   * @param {NodeJS.Signals} [signal]
   */
  constructor(message, signal) {
    super(message)
    this.name = 'LaunchError'
    this.signal = signal
  }
}
