import type { ServerResponse } from 'node:http'
import type { Admin } from '../../admin/admin.ts'
import { readCacheOrder } from '../../contract/cache-order.ts'
import { GatewayError } from '../../contract/errors.ts'
import type { Clock } from '../../contract/runtime.ts'
import { sendJson } from '../error.ts'
import { headerOf } from '../exchange.ts'
import type { Exchange } from '../exchange.ts'
import { auditQuery, showAudit } from './audit.ts'
import { cacheQuery, readCacheBody, showCache, showPolicyFor, tellFeedback } from './cache.ts'
import { readQuery } from './query.ts'
import { showReceipt, showTraces, tracesQuery } from './traces.ts'
import { showStats, showUsage, statsQuery, usageCsv, usageQuery } from './usage.ts'

/** What the read side asks. */
export type ReadSide = Pick<
  Admin,
  | 'usage'
  | 'stats'
  | 'traces'
  | 'trace'
  | 'audit'
  | 'manageCache'
  | 'cacheFeedback'
  | 'cachePolicy'
  | 'changeCachePolicy'
>

export const apiPaths = [
  '/api/cache',
  '/api/cache/feedback',
  '/api/cache/policy',
  '/api/stats',
  '/api/usage',
  '/api/traces',
  '/api/audit',
] as const

const tracesPrefix = '/api/traces/'

export const isApiPath = (path: string): boolean =>
  apiPaths.some((known) => known === path) || (path.startsWith(tracesPrefix) && path.length > tracesPrefix.length)

interface ApiDeps {
  admin: ReadSide
  readBody: (exchange: Exchange) => Promise<unknown>
  clock: Clock
}

/**
 * The ledger read over HTTP, and the cache read and ordered. What may be seen is `admin/`'s to say: a key sees its own, one
 * of scope "admin" everything.
 */
export const createApi = ({ admin, readBody, clock }: ApiDeps) => {
  const cache = async (exchange: Exchange): Promise<void> => {
    const { req, res, caller } = exchange
    const given = req.method === 'POST' ? readCacheBody(await readBody(exchange)) : readQuery(req, cacheQuery)
    const order = readCacheOrder(given, clock.now())
    sendJson(req, res, 200, showCache(given, await admin.manageCache(caller, order)))
  }

  const usage = async ({ req, res, caller }: Exchange): Promise<void> => {
    const { question, format, limit } = readQuery(req, usageQuery)
    const answer = await admin.usage({ ...question, caller })
    if (format === 'csv' || (format === undefined && wantsCsv(headerOf(req, 'accept'))))
      sendCsv(res, usageCsv(answer, question.groupBy, limit))
    else sendJson(req, res, 200, showUsage(answer, question.groupBy, limit))
  }

  return async (exchange: Exchange): Promise<void> => {
    const { req, res, caller, path } = exchange
    const allow = methodsOf(path)
    if (!allow.includes(req.method ?? ''))
      throw new GatewayError('method_not_allowed', `This path takes ${allow.join(', ')} only.`, { allow })
    switch (path) {
      case '/api/cache':
        return cache(exchange)
      case '/api/cache/feedback':
        return sendJson(req, res, 200, await tellFeedback(admin, caller, await readBody(exchange)))
      case '/api/cache/policy': {
        const body = req.method === 'PUT' ? await readBody(exchange) : null
        return sendJson(req, res, 200, await showPolicyFor(admin, caller, body))
      }
      case '/api/usage':
        return usage(exchange)
      case '/api/stats':
        return sendJson(req, res, 200, showStats(await admin.stats({ ...readQuery(req, statsQuery), caller })))
      case '/api/traces':
        return sendJson(req, res, 200, showTraces(await admin.traces({ ...readQuery(req, tracesQuery), caller })))
      case '/api/audit':
        return sendJson(req, res, 200, showAudit(await admin.audit({ ...readQuery(req, auditQuery), caller })))
      default:
        return sendJson(req, res, 200, showReceipt(await admin.trace({ caller, id: idOf(path) })))
    }
  }
}

const methodsOf = (path: string): readonly string[] => {
  switch (path) {
    case '/api/cache':
      return ['GET', 'HEAD', 'POST']
    case '/api/cache/feedback':
      return ['POST']
    case '/api/cache/policy':
      return ['GET', 'HEAD', 'PUT']
    default:
      return ['GET', 'HEAD']
  }
}

const idOf = (path: string): string => {
  try {
    return decodeURIComponent(path.slice(tracesPrefix.length))
  } catch {
    throw new GatewayError('invalid_request', 'The path is not valid percent-encoding.')
  }
}

const wantsCsv = (accept: string | undefined): boolean => /^\s*text\/csv\b/i.test(accept ?? '')

/** As a download: a browser that showed it would have to guess what it is. */
const sendCsv = (res: ServerResponse, text: string): void => {
  res.setHeader('content-type', 'text/csv; charset=utf-8; header=present')
  res.setHeader('content-disposition', 'attachment; filename="usage.csv"')
  res.setHeader('content-length', Buffer.byteLength(text))
  res.end(text)
}
