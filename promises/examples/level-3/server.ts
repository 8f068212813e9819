import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import path from 'node:path'
import { Server, type Socket } from 'socket.io'
import { type Account, Accounts, type Claims, Refusal } from './accounts.ts'
import { FileLog, type Notification } from './log.ts'

const MAX_BODY_BYTES = 65_536
const HEARTBEAT_MS = Number(process.env.HEARTBEAT_MS ?? 25_000)
const PACKET = 100
const SNAPSHOT = 20
/** How often a process looks for what others have stored, in milliseconds. */
const LOOK_EVERY_MS = 100

type Body = Record<string, unknown>
export type Reply = [status: number, body?: object, refreshToken?: string]

/** One page. */
interface Tab {
  socket: Socket
  claims: Claims
  /** The next number that it is to be told. */
  next: number
  timers: NodeJS.Timeout[]
}

/** Level 3 with the file system as its only service: any number of processes may share a folder. */
export class NotificationServer {
  readonly accounts: Accounts
  readonly log: FileLog
  readonly tabs = new Set<Tab>()
  readonly http = createServer((request, response) => void this.handle(request, response))
  readonly io = new Server(this.http, {
    serveClient: false,
    transports: ['websocket'],
    maxHttpBufferSize: MAX_BODY_BYTES,
    pingInterval: HEARTBEAT_MS,
    pingTimeout: HEARTBEAT_MS,
    allowRequest: ({ headers }, answer) => answer(null, isOwnPage(headers)),
  })

  constructor({
    dir = process.env.DATA_DIR ?? '.data',
    secret = process.env.JWT_SECRET ?? 'not a secret at all',
    ttlS = Number(process.env.ACCESS_TOKEN_TTL_S ?? 900),
    accounts = new Accounts(path.join(dir, 'people'), secret, ttlS),
    log = new FileLog(path.join(dir, 'logs')),
  } = {}) {
    this.accounts = accounts
    this.log = log
    this.io.use((socket, next) => {
      try {
        socket.data = this.accounts.verify(socket.handshake.auth.token)
        next()
      } catch (error) {
        next(error as Error)
      }
    })
    this.io.on('connection', (socket) => this.connected(socket))
    // Engine.IO would wait half a minute for the goodbye of a peer that does not answer its pings.
    this.io.engine.on('connection', (connection) => {
      connection.once('close', (why: string) => {
        if (why === 'ping timeout') connection.transport.socket.terminate()
      })
    })
  }

  /** Listens on PORT, until SIGTERM. */
  listen(): void {
    const timer = setInterval(() => this.look(), LOOK_EVERY_MS)
    this.http.listen(Number(process.env.PORT ?? 3030), '127.0.0.1')
    process.once('SIGTERM', () => {
      clearInterval(timer)
      this.io.engine.close() // not disconnect(): pages come back by themselves
      this.http.close()
      this.http.closeAllConnections()
      setTimeout(() => process.exit(0), 500)
    })
  }

  /** Brings each page what it does not have yet, and cuts those whose session has ended. */
  look(): void {
    for (const tab of this.tabs) {
      if (this.mayStay(tab.claims)) this.tell(tab)
      else this.cut(tab, 'session_revoked')
    }
  }

  protected mayStay({ sid }: Claims): boolean {
    return this.accounts.isAlive(sid)
  }

  private tell(tab: Tab): void {
    const last = this.log.last(tab.claims.sub)
    for (; tab.next <= last; tab.next++) {
      tab.socket.emit('notification:new', this.log.read(tab.claims.sub, tab.next))
    }
  }

  private cut({ socket }: Tab, code: string): void {
    socket.emit('session:ended', { code })
    socket.disconnect(true)
  }

  private connected(socket: Socket): void {
    const claims: Claims = socket.data
    const { sub, sid, exp } = claims
    const last = this.log.last(sub)
    const tab: Tab = { socket, claims, next: last + 1, timers: [] }
    const expiresAt = new Date(exp * 1_000).toISOString()
    const user = userOf(this.accounts.byId(sub))
    socket.emit('session:ready', {
      user,
      sessionId: sid,
      instance: process.env.INSTANCE_NAME ?? 'one',
      expiresAt,
    })
    const newest = this.log.behind(sub, Math.max(0, last - SNAPSHOT), SNAPSHOT).reverse()
    socket.emit('notifications:initial', { items: newest, unread: this.unread(sub), upTo: last })
    let after = this.startOf(sub, socket.handshake.auth.after)
    do {
      const items = this.log.behind(sub, after, Math.min(PACKET, last - after))
      after = Math.max(after, items.at(-1)?.seq ?? last)
      socket.emit('notifications:missed', { items, more: after < last, upTo: after })
    } while (after < last)
    this.tabs.add(tab)
    this.watchExpiry(tab)
    socket.on('disconnect', () => {
      this.tabs.delete(tab)
      for (const timer of tab.timers) clearTimeout(timer)
    })
    socket.onAny((event: string, ...args: unknown[]) => this.asked(tab, event, args))
  }

  /** Behind which number a page has missed everything. */
  protected startOf(owner: string, after: unknown): number {
    const isCursor = Number.isInteger(after) && (after as number) >= 0
    return Math.min(isCursor ? (after as number) : this.log.progress(owner).seen, this.log.last(owner))
  }

  /** A page is cut when its token ends, unless it brings another before. */
  protected watchExpiry(tab: Tab): void {
    for (const timer of tab.timers) clearTimeout(timer)
    const { exp } = tab.claims
    const left = exp * 1_000 - Date.now()
    const expiresAt = new Date(exp * 1_000).toISOString()
    tab.timers = [
      setTimeout(() => tab.socket.emit('session:expiring', { expiresAt }), left - Math.min(30_000, left / 2)),
      setTimeout(() => this.cut(tab, 'token_expired'), left),
    ]
  }

  private asked(tab: Tab, event: string, args: unknown[]): void {
    const answer =
      typeof args.at(-1) === 'function' ? (args.pop() as (reply: object) => void) : () => undefined
    try {
      answer({ ok: true, data: this.act(tab, event, (args[0] ?? {}) as Body) })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      answer({ ok: false, error: error.data })
    }
  }

  private act(tab: Tab, event: string, { upTo, before, limit = SNAPSHOT, token }: Body): unknown {
    const { sub } = tab.claims
    if (event === 'notifications:seen' && Number.isInteger(upTo)) {
      return void this.log.advance(sub, { seen: upTo as number })
    }
    if (event === 'notifications:fetch') return this.page(sub, before, limit)
    if (event === 'session:renew') {
      tab.claims = this.accounts.verify(token)
      return void this.watchExpiry(tab)
    }
    throw new Refusal(400, 'bad_payload')
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, body, refreshToken] = await this.answer(request).catch((error: unknown): Reply => {
      if (error instanceof Refusal) return [error.status, error.data]
      if (!request.complete) return [400] // whoever asked is gone
      console.error(error)
      return [500, { code: 'internal' }]
    })
    response.setHeader('content-type', status < 400 ? 'application/json' : 'application/problem+json')
    if (refreshToken !== undefined) {
      response.setHeader(
        'set-cookie',
        `refresh_token=${refreshToken}; HttpOnly; SameSite=Strict; Path=/api/auth`,
      )
    }
    response.writeHead(status).end(body && JSON.stringify(body))
  }

  private async answer(request: IncomingMessage): Promise<Reply> {
    if (request.method !== 'GET' && !isOwnPage(request.headers)) throw new Refusal(403, 'origin_refused')
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const body = await readBody(request)
    const route = `${request.method} ${pathname}`
    if (route === 'GET /healthz') return [200, { status: 'ok' }]
    if (pathname.startsWith('/api/auth/')) return this.answerAuth(route, request, body)
    const owner = this.accounts.verify(request.headers.authorization?.replace(/^Bearer /, '')).sub
    return this.answerOwner(owner, route, request, body, searchParams)
  }

  private async answerAuth(route: string, { headers }: IncomingMessage, body: Body): Promise<Reply> {
    const cookie = /\brefresh_token=([\w.-]+)/.exec(headers.cookie ?? '')?.[1] ?? ''
    if (route === 'GET /api/auth/me') {
      const { sub } = this.accounts.verify(headers.authorization?.replace(/^Bearer /, ''))
      return [200, { user: userOf(this.accounts.byId(sub)) }]
    }
    if (route === 'POST /api/auth/register' || route === 'POST /api/auth/login') {
      const [username, password] = [textOf(body.username, 20), textOf(body.password, 128)]
      if (!/^[\p{L}\p{M}\p{N}_-]{2,20}$/u.test(username) || password.length < 8)
        throw new Refusal(400, 'invalid')
      const isNew = route.endsWith('register')
      const account = await this.accounts[isNew ? 'register' : 'login'](username, password)
      return this.signedIn(isNew ? 201 : 200, account, this.accounts.begin(account))
    }
    if (headers['x-requested-with'] !== 'fetch') throw new Refusal(403, 'header_missing')
    if (route === 'POST /api/auth/refresh') {
      const { account, next } = this.accounts.rotate(cookie)
      return this.signedIn(200, account, next)
    }
    if (route !== 'POST /api/auth/logout') throw new Refusal(404, 'not_found')
    this.accounts.end(this.accounts.readRefresh(cookie).sid)
    this.look()
    return [204]
  }

  private signedIn(status: number, account: Account, refreshToken: string): Reply {
    const { sid } = this.accounts.readRefresh(refreshToken)
    const accessToken = this.accounts.accessToken(account, sid)
    return [status, { user: userOf(account), accessToken, expiresIn: 900 }, refreshToken]
  }

  /** What somebody who has signed in asks. */
  protected answerOwner(
    owner: string,
    route: string,
    { headers }: IncomingMessage,
    body: Body,
    query: URLSearchParams,
  ): Reply {
    if (route === 'GET /api/notifications') {
      const [before, limit] = [query.get('before'), query.get('limit')]
      return [200, this.page(owner, before === null ? undefined : Number(before), Number(limit ?? SNAPSHOT))]
    }
    if (route === 'POST /api/notifications/mark-all-read') {
      this.log.advance(owner, { read: this.log.last(owner) })
      return [200, { unread: 0 }]
    }
    if (route === 'POST /api/notifications') {
      const { to, type = 'message' } = body
      const [title, message] = [textOf(body.title, 200), textOf(body.message, 2_000)]
      if (type !== 'message') throw new Refusal(400, 'invalid')
      if (to === '*') throw new Refusal(403, 'not_allowed')
      const [sender, recipient] = [this.accounts.byId(owner), this.accounts.find(textOf(to, 20))]
      if (!recipient || !sender) throw new Refusal(404, 'user_unknown')
      const key = headers['idempotency-key']?.toString()
      const stored = this.log.append(recipient.id, { title, message, from: sender.username, key })
      this.stored(recipient.id, stored)
      return [201, stored]
    }
    const id = /^(?:GET|PATCH|DELETE) \/api\/notifications\/(.+)$/.exec(route)?.[1]
    if (id === undefined) throw new Refusal(404, 'not_found')
    return [200, this.one(owner, id)]
  }

  /** Called for each notification as soon as it is stored. */
  protected stored(_owner: string, _notification: Notification): void {
    this.look()
  }

  private one(owner: string, id: string): Notification {
    if (!/^[0-9a-f]{24}$/.test(id)) throw new Refusal(400, 'invalid')
    const whose = id.slice(0, 16)
    const found = this.log.read(whose, Number.parseInt(id.slice(16), 16))
    if (!found) throw new Refusal(404, 'not_found')
    if (!this.mayTouch(owner, whose)) throw new Refusal(403, 'not_yours')
    return found
  }

  protected mayTouch(who: string, owner: string): boolean {
    return who === owner
  }

  private page(owner: string, before: unknown, limit: unknown) {
    const [from = this.log.last(owner) + 1, most] = [before as number | undefined, limit as number]
    if (!Number.isInteger(from) || !Number.isInteger(most) || most < 1 || most > 100) {
      throw new Refusal(400, 'invalid')
    }
    const after = Math.max(0, from - 1 - most)
    const items = this.log.behind(owner, after, from - 1 - after).reverse()
    return { items, unread: this.unread(owner), nextBefore: after > 0 ? after + 1 : null }
  }

  private unread(owner: string): number {
    return this.log.last(owner) - this.log.progress(owner).read
  }
}

function isOwnPage({ origin, host }: IncomingMessage['headers']): boolean {
  return origin === undefined || origin === `http://${host}`
}

const userOf = (account: Account | undefined) =>
  account && { id: account.id, username: account.username, role: account.role }

function textOf(value: unknown, most: number): string {
  if (typeof value === 'string' && value !== '' && value.length <= most) return value
  throw new Refusal(400, 'invalid')
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Refusal(413, 'too_large')
    chunks.push(chunk)
  }
  if (bytes === 0) return {}
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
    if (typeof body === 'object' && body !== null) return body as Body
  } catch {
    throw new Refusal(400, 'no_json')
  }
  throw new Refusal(400, 'no_json')
}
