import type { Server as HttpServer } from 'node:http'
import cors from 'cors'
import express, { type RequestHandler } from 'express'
import { trackConnections } from '../connections.ts'
import { answerOn, createHttpServer } from '../http.ts'
import type { Log } from '../log.ts'
import type { Page } from '../page.ts'
import { HttpError } from '../respond.ts'
import { asyncApiDocument, type SocketEvents } from './asyncapi.ts'
import { docsRouter } from './docs.ts'
import { type Check, healthRouter } from './health.ts'
import { openApiDocument } from './openapi.ts'
import { problemHandler, type ToHttpError } from './problem.ts'
import type { Routes } from './route.ts'

const MAX_BODY = '64kb'
/** A year, in seconds, as browsers' preload lists ask for (RFC 6797). */
const HSTS = 'max-age=31536000; includeSubDomains'

export interface AppParts {
  /** Of the documentation. */
  title: string
  routes: Routes
  /** Without what this server is not ready. */
  checks: Record<string, Check>
  /** This server's name, for people who run several. */
  instance?: string
  page?: Page
  allowedOrigins: readonly string[]
  /** How many proxies in front are ours: that many entries of `X-Forwarded-For` are believed. */
  trustProxyHops: number
  /** The level is reached over https only, and tells browsers so (HSTS). */
  httpsOnly?: boolean
  /** What crosses the sockets, for an AsyncAPI document. */
  events?: Omit<SocketEvents, 'title'>
  toHttpError: ToHttpError
  /** A server of the caller's. It gets the API and its documentation; everything else stays as it was. */
  http?: HttpServer
  log: Log
}

export interface App {
  /** Not listening yet, unless it is the caller's. */
  http: HttpServer
  /** Cuts the connections and ends the server, unless it is the caller's. */
  close(): Promise<void>
}

/** The HTTP side: API, documentation, health, page, and a problem for everything else. */
export function createApp({ title, routes, checks, page, toHttpError, log, ...options }: AppParts): App {
  const { allowedOrigins, events } = options
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag') // answers differ every time: hashing them is for nothing
  // Express believes X-Forwarded-For only as far as told: anyone can write that header, and rate limits go by address.
  app.set('trust proxy', options.trustProxyHops)

  app.use((_req, res, next) => {
    res.setHeader('x-content-type-options', 'nosniff')
    if (options.httpsOnly) res.setHeader('strict-transport-security', HSTS)
    next()
  })
  app.use(healthRouter(checks, options.instance))
  app.use('/api', (_req, res, next) => {
    res.setHeader('cache-control', 'no-store') // answers hold tokens and private messages
    next()
  })
  // Each origin is named back exactly: a wildcard would let any page in, and browsers refuse one with credentials.
  if (allowedOrigins.length > 0) app.use('/api', allowOrigins(allowedOrigins))
  app.use('/api', express.json({ limit: MAX_BODY }))
  app.use(routes.router)
  routes.refuseOtherMethods()
  const openApi = () => openApiDocument(routes.defined, title)
  const asyncApi = events && (() => asyncApiDocument({ title, ...events }))
  app.use(docsRouter({ title, openApi, asyncApi }))
  if (page) app.use(/^(?!\/api(\/|$))/, (req, res, next) => page.handle(req, res, next))
  app.use((req) => {
    throw new HttpError(404, 'not_found', `There is nothing at ${req.path}.`)
  })
  app.use(problemHandler(toHttpError))
  if (options.http) {
    answerOn(options.http, log, isApi, (req, res) => app(req, res))
    return { http: options.http, close: async () => undefined }
  }
  const http = createHttpServer((req, res) => app(req, res), log)
  return { http, close: trackConnections(http).close }
}

/** `/api` and below, and `/api-docs`. */
function isApi(path: string): boolean {
  return /^\/api(-docs)?(\/|$)/.test(path)
}

function allowOrigins(allowedOrigins: readonly string[]): RequestHandler {
  const origin = [...allowedOrigins]
  const forThese = cors({
    origin,
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'X-Requested-With'],
    exposedHeaders: ['Retry-After'],
  })
  return (req, res, next) => {
    res.vary('Origin')
    // Without this, the library would offer credentials to every page (without its origin, which browsers refuse).
    if (origin.includes(req.headers.origin ?? '')) forThese(req, res, next)
    else next()
  }
}
