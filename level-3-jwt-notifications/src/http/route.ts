import { HttpError } from '@levels/shared/server/respond.ts'
import express, { type Request, type Response, type Router } from 'express'
import type * as z from 'zod'
import { parse } from '../parse.ts'
import { type Authenticate, type Caller, requireAdmin } from '../sessions/caller.ts'

/** Who may call a route. */
export type Access = 'public' | 'user' | 'admin'

/** One route: what it takes, what it gives, what it does. Validation and documentation come from the same schemas. */
export interface Route<A extends Access = Access, P = unknown, Q = unknown, B = unknown> {
  method: 'get' | 'post' | 'patch' | 'delete'
  /** As Express writes it: `/api/notifications/:id`. */
  path: string
  summary: string
  access: A
  params?: z.ZodType<P>
  query?: z.ZodType<Q>
  body?: z.ZodType<B>
  /** Of success. */
  status: 200 | 201 | 202 | 204
  /** What success looks like, for the documentation. */
  answer?: z.ZodType
  /** What `handle` returns is sent as JSON; nothing is sent as an empty answer. */
  handle(call: Call<A, P, Q, B>): unknown
}

export interface Call<A extends Access, P, Q, B> {
  params: P
  query: Q
  body: B
  /** Whoever is signed in; undefined on a public route. */
  caller: A extends 'public' ? undefined : Caller
  req: Request
  res: Response
}

export type DefineRoute = <A extends Access, P, Q, B>(route: Route<A, P, Q, B>) => void

export interface Routes {
  router: Router
  /** Every route defined so far. */
  defined: Pick<
    Route,
    'method' | 'path' | 'summary' | 'access' | 'params' | 'query' | 'body' | 'status' | 'answer'
  >[]
  route: DefineRoute
  /** After the last route: other methods on known paths become 405 with `Allow` (RFC 9110 section 15.5.6). */
  refuseOtherMethods(): void
}

export function createRoutes(authenticate: Authenticate): Routes {
  const router = express.Router()
  const defined: Routes['defined'] = []

  return {
    router,
    defined,
    route(route) {
      defined.push(route)
      router[route.method](route.path, async (req, res) => {
        const caller = await admit(route.access, req)
        if (route.body) requireJson(req)
        const answer = await route.handle({
          params: parse(route.params, req.params),
          query: parse(route.query, req.query),
          body: parse(route.body, req.body),
          caller,
          req,
          res,
        })
        res.status(route.status)
        if (answer === undefined) res.end()
        else res.json(answer)
      })
    },
    refuseOtherMethods() {
      for (const path of new Set(defined.map((route) => route.path))) {
        const methods = defined
          .filter((route) => route.path === path)
          .map(({ method }) => method.toUpperCase())
        router.all(path, (_req, res) => {
          res.setHeader('allow', methods.join(', '))
          throw new HttpError(405, 'method_not_allowed', `Here you can ${methods.join(' or ')}.`)
        })
      }
    },
  }

  async function admit<A extends Access>(
    access: A,
    req: Request,
  ): Promise<Call<A, unknown, unknown, unknown>['caller']>
  async function admit(access: Access, req: Request): Promise<Caller | undefined> {
    if (access === 'public') return undefined
    const caller = await authenticate(req)
    if (access === 'admin') requireAdmin(caller)
    return caller
  }
}

/**
 * A body that is not JSON was not parsed. Asking for JSON also keeps other sites' forms out: they cannot send it.
 * No body is no JSON either, but then the schema says whether there must be one.
 */
function requireJson(req: Request): void {
  const isEmpty = req.headers['content-length'] === '0' // how `fetch` sends a POST without a body
  if (!isEmpty && req.is('application/json') === false) {
    throw new HttpError(415, 'unsupported_media_type', 'Send the body as application/json.')
  }
}
