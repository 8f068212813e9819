import { createHttpServer } from '@levels/shared/server/http.ts'
import type { Log } from '@levels/shared/server/log.ts'
import type { Page } from '@levels/shared/server/page.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import cookieParser from 'cookie-parser'
import express, { type Router } from 'express'
import type { Config } from '../config.ts'
import { allowOrigins } from './cors.ts'
import { docsRouter } from './docs.ts'
import { openApiDocument } from './openapi.ts'
import { problemHandler, type ToHttpError } from './problem.ts'
import type { Routes } from './route.ts'

const TITLE = 'Realtime notifications'
const MAX_BODY = '64kb'

export interface AppParts extends Pick<Config, 'allowedOrigins' | 'trustProxyHops'> {
  routes: Routes
  health: Router
  page?: Page
  toHttpError: ToHttpError
  log: Log
}

/** The HTTP side, not listening yet: API, documentation, page, and a problem for everything else. */
export function createApp({
  routes,
  health,
  page,
  allowedOrigins,
  trustProxyHops,
  toHttpError,
  log,
}: AppParts) {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag') // answers differ every time: hashing them is for nothing
  // Express believes X-Forwarded-For only as far as told: anyone can write that header, and rate limits go by address.
  app.set('trust proxy', trustProxyHops)

  app.use(health)
  app.use('/api', allowOrigins(allowedOrigins), (_req, res, next) => {
    res.setHeader('x-content-type-options', 'nosniff')
    res.setHeader('cache-control', 'no-store') // answers hold tokens and private messages
    next()
  })
  app.use('/api/auth', cookieParser())
  app.use('/api', express.json({ limit: MAX_BODY }))
  app.use(routes.router)
  routes.refuseOtherMethods()
  app.use(docsRouter(openApiDocument(routes.defined, TITLE), TITLE))
  if (page) app.use(/^(?!\/api(\/|$))/, (req, res, next) => page.handle(req, res, next))
  app.use((req) => {
    throw new HttpError(404, 'not_found', `There is nothing at ${req.path}.`)
  })
  app.use(problemHandler(toHttpError))
  return createHttpServer((req, res) => app(req, res), log)
}
