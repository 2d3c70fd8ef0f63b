/**
 * The runtime of the embedding model reports its use to its maker over HTTPS, and leaves files in the temporary folder,
 * unless this is set. It reads the process's own environment, so that a worker thread cannot be told by itself.
 */
export const forbidTelemetry = (): void => {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
}
