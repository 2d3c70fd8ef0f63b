import { createRequire } from 'node:module'
import { pino } from 'pino'
import type { DestinationStream } from 'pino'
import type { build } from 'pino-pretty'
import type { Logger } from '../contract/runtime.ts'
import type { LogSettings } from '../contract/settings.ts'
import type { createCloudFields } from './cloud/line.ts'
import { sayError } from './say-error.ts'

/** Cloud Logging's words for pino's levels. */
const severities: Readonly<Record<string, string>> = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR' }

const serializers = { err: sayError }

/** Where the log goes: 1 is stdout; 2 where stdout belongs to a protocol (stdio). */
export interface LogTarget {
  fd: 1 | 2
  isTerminal: boolean
}

/** Loaded for a person's eyes only: it would be thirty modules at every start. */
// eslint-disable-next-line typescript/no-unsafe-return -- a package's own types are all that is known of it
const loadPretty = (): typeof build => createRequire(import.meta.url)('pino-pretty')

/** pino's number of `error`. */
const errorLevel = 50

/**
 * The log: on a terminal, lines for people; otherwise one JSON object a line, its severity in the words of Cloud Logging.
 * @param cloudFields what each line has beside what is logged; for the format `cloud`
 * @param stream takes the lines of JSON
 */
export const createLogger = (
  settings: Pick<LogSettings, 'level' | 'format'>,
  { fd, isTerminal }: LogTarget,
  cloudFields?: ReturnType<typeof createCloudFields>,
  stream = openLines(fd),
): Logger => {
  const forPeople = settings.format === 'pretty' || (settings.format === 'auto' && isTerminal)
  const log = forPeople
    ? pino(
        { level: settings.level, base: null, messageKey: 'message', serializers },
        loadPretty()({
          destination: fd,
          sync: true,
          colorize: isTerminal,
          messageKey: 'message',
          translateTime: 'SYS:HH:MM:ss',
          include: 'time,level,message,err',
          messageFormat: ({ message }) => oneLine(String(message)),
        }),
      )
    : pino(
        {
          level: settings.level,
          base: null,
          messageKey: 'message',
          timestamp: () => `,"time":"${new Date().toISOString()}"`,
          formatters: { level: (label) => ({ severity: severities[label] ?? 'DEFAULT' }) },
          serializers,
          ...(cloudFields
            ? { mixin: (fields: object, level: number) => cloudFields(fields, level >= errorLevel) }
            : {}),
        },
        stream,
      )
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
  }
}

/**
 * Names and messages come from callers and providers: on a terminal a line break would begin a line of their own, and an
 * escape sequence would repaint the screen. JSON escapes both.
 */
const oneLine = (message: string): string => message.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')

/** Synchronous, so that the last line before a crash is there. */
export const openLines = (fd: 1 | 2): DestinationStream => pino.destination({ dest: fd, sync: true })
