import type { ServerResponse } from 'node:http'
import type { Admin } from '../../admin/admin.ts'
import { GatewayError } from '../../contract/errors.ts'
import { sendJson } from '../error.ts'
import { headerOf } from '../exchange.ts'
import type { Exchange } from '../exchange.ts'
import { auditQuery, showAudit } from './audit.ts'
import { readQuery } from './query.ts'
import { showReceipt, showTraces, tracesQuery } from './traces.ts'
import { showStats, showUsage, statsQuery, usageCsv, usageQuery } from './usage.ts'

/** What the read side asks. */
export type ReadSide = Pick<Admin, 'usage' | 'stats' | 'traces' | 'trace' | 'audit'>

export const apiPaths = ['/api/stats', '/api/usage', '/api/traces', '/api/audit'] as const

const tracesPrefix = '/api/traces/'

export const isApiPath = (path: string): boolean =>
  apiPaths.some((known) => known === path) || (path.startsWith(tracesPrefix) && path.length > tracesPrefix.length)

/** The ledger read over HTTP. What may be seen is `admin/`'s to say: a key sees its own, one of scope "admin" everything. */
export const createApi = (admin: ReadSide) => {
  const usage = async ({ req, res, caller }: Exchange): Promise<void> => {
    const { question, format, limit } = readQuery(req, usageQuery)
    const answer = await admin.usage({ ...question, caller })
    if (format === 'csv' || (format === undefined && wantsCsv(headerOf(req, 'accept'))))
      sendCsv(res, usageCsv(answer, question.groupBy, limit))
    else sendJson(req, res, 200, showUsage(answer, question.groupBy, limit))
  }

  return async (exchange: Exchange): Promise<void> => {
    const { req, res, caller, path } = exchange
    if (req.method !== 'GET' && req.method !== 'HEAD')
      throw new GatewayError('method_not_allowed', 'This path takes GET only.', { allow: ['GET', 'HEAD'] })
    switch (path) {
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
