import { envProblem } from './env.ts'
import type { Env } from './env.ts'
import type { Problem } from './problem.ts'

/** The metrics are not the callers': a port for both would show them to everybody, or start one of the two only. */
export const checkPorts = ({ PORT, METRICS_PORT }: Env): Problem[] =>
  METRICS_PORT === PORT && PORT !== 0
    ? [envProblem('METRICS_PORT', `is ${PORT}, as PORT is`, 'choose another, such as 9464')]
    : []
