import express from 'express'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import helmet from 'helmet'
import type { Models } from '../admin/models.ts'
import type { Readiness } from '../admin/status.ts'
import { didYouMean } from '../contract/did-you-mean.ts'
import { GatewayError } from '../contract/errors.ts'
import type { SendError } from './error.ts'
import { modelObject } from './openai/models.ts'

interface Pages {
  models: Pick<Models, 'models' | 'model'>
  readiness: () => Readiness
  version: string
  sendError: SendError
  /** Every path of the gateway, for a hint to those who ask for another. */
  paths: readonly string[]
}

/** What an orchestrator asks of an instance: has it started, does it live, may it be sent requests. */
const probePaths: ReadonlySet<string> = new Set(['/startup', '/live', '/ready', '/health'])

export const isProbePath = (path: string): boolean => probePaths.has(path)

/** Paths of `pages` that need no key: a load balancer has none, and clients look for well-known files before they have one. */
export const isOpenPath = (path: string): boolean =>
  isProbePath(path) || path === '/version' || path.startsWith('/.well-known/')

export const pagePaths = ['/v1/models', ...probePaths, '/version'] as const

/** Everything that is not hot: discovery and health, by Express. The guards have run before. */
export const createPages = ({ models, readiness, version, sendError, paths }: Pages): express.Express => {
  const pages = express()
  pages.disable('x-powered-by').disable('etag')
  pages.use(
    helmet({ contentSecurityPolicy: false, xFrameOptions: { action: 'deny' }, crossOriginResourcePolicy: false }),
  )

  pages
    .route('/v1/models')
    .get((_req, res) => void res.json({ object: 'list', data: models.models().map(modelObject) }))
    .all(onlyGet)
  pages
    .route('/v1/models/*id')
    .get((req, res) => {
      const id = req.params.id.join('/')
      const model = models.model(id)
      if (!model) throw new GatewayError('model_not_found', `The model "${id.slice(0, 200)}" is not offered here.`)
      res.json(modelObject(model))
    })
    .all(onlyGet)
  // The gateway listens once all that it needs is open, and answers while its event loop turns: nothing is left to ask.
  pages
    .route(['/startup', '/live', '/health'])
    .get((_req, res) => void res.json({ status: 'ok' }))
    .all(onlyGet)
  pages
    .route('/ready')
    .get((_req, res) => {
      const state = readiness()
      res.status(state.ready ? 200 : 503).json(state)
    })
    .all(onlyGet)
  pages
    .route('/version')
    .get((_req, res) => void res.json({ name: 'ai-gateway-mcp', version }))
    .all(onlyGet)

  pages.use(((req) => {
    const meant = didYouMean(req.path.slice(0, 64), paths)
    throw new GatewayError(
      'not_found',
      `There is no such path here${meant === null ? '.' : `; did you mean "${meant}"?`}`,
    )
  }) satisfies RequestHandler)
  pages.use(((error: unknown, req, res, _next) =>
    sendError(req, res, asRefusal(error), req.path)) satisfies ErrorRequestHandler)
  return pages
}

const onlyGet: RequestHandler = () => {
  throw new GatewayError('method_not_allowed', 'This path takes GET only.', { allow: ['GET', 'HEAD'] })
}

/** The router throws plain errors with a status for paths that it cannot decode. */
const asRefusal = (error: unknown): unknown =>
  error instanceof URIError ? new GatewayError('invalid_request', 'The path is not valid percent-encoding.') : error
