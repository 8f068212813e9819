import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { pathOf } from '../server/http.ts'
import { idsIn } from './recent.ts'
import { callNow, during, isHeard, type Lane, tell, whereNow } from './story.ts'
import { type AnyConnection, watchDatabase } from './watch-database.ts'
import { type AnyIo, watchIo } from './watch-io.ts'
import { type AnyChannel, watchPush } from './watch-push.ts'
import { type AnyRedis, watchRedis } from './watch-redis.ts'
import { type AnyWebSocket, watchWebSockets } from './watch-websockets.ts'

/** The parts of a level's server that can be listened in on. None of them knows of it. */
export interface Watched {
  /** The server's name: "level-1", "app2". */
  instance: string
  http?: Server
  webSockets?: Set<AnyWebSocket>
  io?: AnyIo
  db?: AnyConnection
  redis?: AnyRedis
  push?: AnyChannel
}

/** Makes these parts say what they do (story.ts). In development only; with nobody listening they do just their work. */
export function watch({ instance, http, webSockets, io, db, redis, push }: Watched): void {
  const lane: Lane = `instance:${instance}`
  if (http) watchRequests(http, lane)
  if (webSockets) watchWebSockets(webSockets, lane)
  if (db) watchDatabase(db, lane)
  if (io) watchIo(io, lane, db !== undefined)
  if (redis) watchRedis(redis, lane)
  if (push) watchPush(push, lane)
}

/** Passwords and tokens stand in the bodies there. */
const PRIVATE = /^\/api\/(auth|keys)/
/** Larger answers are lists, and belong to no single notification. */
const MAX_ANSWER = 20_000
/** Level 1's answer when no socket is open: then nothing is sent that could be heard of. */
const NOBODY = '{"delivered":0}'
let calls = 0

/** What is posted, and what it was answered. */
function watchRequests(http: Server, lane: Lane): void {
  const emit = http.emit
  http.emit = function (this: Server, ...args: Parameters<Server['emit']>): boolean {
    const [event, req, res] = args as unknown as [string, IncomingMessage, ServerResponse]
    if (event !== 'request' || req.method !== 'POST' || !isHeard() || PRIVATE.test(pathOf(req)))
      return emit.apply(this, args)
    return during(`${lane} ${++calls}`, () => {
      watchAnswer(req, res, lane)
      return emit.apply(this, args)
    })
  } as Server['emit']
}

function watchAnswer(req: IncomingMessage, res: ServerResponse, lane: Lane): void {
  const call = callNow()
  const what = `POST ${pathOf(req)}`
  const key = req.headers['idempotency-key']
  const sent = key === undefined ? what : `${what}\nidempotency-key: ${key}`
  tell({ from: 'page', to: lane, label: what, ids: [], call, sent })
  const end = res.end
  res.end = function (this: ServerResponse, ...args: unknown[]) {
    const body = Buffer.isBuffer(args[0]) ? args[0].toString() : args[0]
    const text = typeof body === 'string' && body.length < MAX_ANSWER ? body : ''
    if (text === NOBODY)
      tell({ from: lane, to: 'page', label: 'pushed to nobody', ids: [], call, sockets: [] })
    const label = String(res.statusCode)
    const lost = req.socket.destroyed
    tell({ from: lane, to: 'page', label, ids: idsIn(text), call, sent: text, lost, where: whereNow() })
    return end.apply(this, args as Parameters<typeof end>)
  } as typeof end
}
