import express, { type Request, type Response, type Router } from 'express'
import type * as z from 'zod'
import type { Caller } from '../caller.ts'
import { HttpError, readText } from '../respond.ts'
import { parse } from './parse.ts'

/**
 * Who may call a route: anyone; anyone, but only from the level's own page (it acts on a cookie); whoever is signed in;
 * admins; whoever is signed in or has a key for programs.
 */
export type Access = 'public' | 'own-page' | 'user' | 'admin' | 'program'

/** A caller that is signed in, for the accesses that need one. Throws HttpError 401 or 403. */
export type Admit = (access: Access, req: Request) => Promise<Caller | undefined>

type CallerOf<A extends Access> = A extends 'public' | 'own-page'
  ? undefined
  : A extends 'program'
    ? Caller
    : Caller & { sid: string }

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
/** Method and path, the path as Express writes it: `GET /api/notifications/:id`. */
type RouteName = `${Uppercase<Method>} /${string}`

/** One route: what it takes, what it gives, what it does. Validation and documentation come from the same schemas. */
export interface Route<A extends Access = Access, P = unknown, Q = unknown, H = unknown, B = unknown> {
  summary: string
  /** `user` when absent. */
  access?: A
  params?: z.ZodType<P>
  query?: z.ZodType<Q>
  /** Of headers that mean something here, by their names in lower case; every one of them optional. */
  headers?: z.ZodType<H> & { shape: Record<string, z.ZodType> }
  body?: z.ZodType<B>
  /** `text`: the body is taken as UTF-8 text, whatever type it claims to be. */
  bodyType?: 'json' | 'text'
  /** Of success. When absent: 200 with an `answer`, 204 without. */
  status?: 200 | 201 | 202 | 204
  /** What success looks like, for the documentation. */
  answer?: z.ZodType
  /** Problems of its own, besides those that follow from the rest: the status and when. */
  problems?: Record<number, string>
  /** What `handle` returns is sent as JSON; nothing is sent as an empty answer. */
  handle(call: Call<A, P, Q, H, B>): unknown
}

export interface Call<A extends Access, P, Q, H, B> {
  params: P
  query: Q
  headers: H
  body: B
  caller: CallerOf<A>
  req: Request
  res: Response
}

export type DefineRoute = <P, Q, H, B, A extends Access = 'user'>(
  name: RouteName,
  route: Route<A, P, Q, H, B>,
) => void

export type DefinedRoute = Omit<Route, 'handle'> &
  Required<Pick<Route, 'access' | 'status'>> & { method: Method; path: string }

export interface Routes {
  router: Router
  /** Every route defined so far. */
  defined: DefinedRoute[]
  route: DefineRoute
  /** After the last route: other methods on known paths become 405 with `Allow` (RFC 9110 section 15.5.6). */
  refuseOtherMethods(): void
}

const MAX_TEXT_BYTES = 65_536

export function createRoutes(admit: Admit): Routes {
  const router = express.Router()
  const defined: DefinedRoute[] = []

  return {
    router,
    defined,
    route<P, Q, H, B, A extends Access = 'user'>(name: RouteName, route: Route<A, P, Q, H, B>) {
      const [verb, path] = name.split(' ') as [Uppercase<Method>, string]
      const method = verb.toLowerCase() as Method
      const { access = 'user', status = route.answer ? 200 : 204 } = route
      defined.push({ ...route, method, path, access, status })
      router[method](path, async (req, res) => {
        const caller = (await admit(access, req)) as CallerOf<A>
        const answer = await route.handle({
          params: parse(route.params, req.params),
          // A route that takes no query says so, too: a mistyped parameter must not be ignored.
          query: parse(route.query, refuseUnknown(route.query, req.query)),
          headers: parse(route.headers, pick(req, route.headers?.shape)),
          body: parse(route.body, await bodyOf(req, route)),
          caller,
          req,
          res,
        })
        res.status(status)
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
}

async function bodyOf(req: Request, { body, bodyType }: Pick<Route, 'body' | 'bodyType'>): Promise<unknown> {
  if (!body) return undefined
  // Express has read what claims to be JSON; anything else is still to be read.
  if (bodyType !== 'text') requireJson(req)
  else if (req.body === undefined) return readText(req, MAX_TEXT_BYTES)
  return req.body
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

function refuseUnknown<T extends object>(schema: z.ZodType | undefined, query: T): T {
  const [unknown] = schema ? [] : Object.keys(query)
  if (unknown === undefined) return query
  throw new HttpError(400, 'bad_payload', `There is no parameter ${JSON.stringify(unknown)} here.`)
}

function pick(req: Request, shape: Record<string, unknown> | undefined): Record<string, string> {
  const entries = Object.keys(shape ?? {}).flatMap((name) => {
    const value = req.get(name)
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(entries)
}
