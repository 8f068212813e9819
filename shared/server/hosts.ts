import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import { refuseUpgrade } from './http.ts'
import { HttpError } from './respond.ts'

/**
 * Lets only requests in whose Host header names this server. Without it any web page could become "the own page": its
 * owner lets his name point to 127.0.0.1 after the page has loaded (DNS rebinding), and then Origin and Host agree.
 *
 * Served are: names of the loopback interface, the addresses that `server` listens on, and `allowedHosts` (names or
 * addresses, without port). Anything else gets 403 `host_refused`, a request without Host 400, at every door: routes,
 * page, WebSockets, and what other libraries attach to `server`, before or after this call.
 */
export function serveKnownHosts(server: Server, allowedHosts: readonly string[]): void {
  const allowed = new Set(allowedHosts)
  const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean
  // Not a listener: several listen for an upgrade, and one of them cannot keep it from the others.
  const guarded = (event: string | symbol, ...args: unknown[]): boolean => {
    if (!DOORS.has(event)) return emit(event, ...args)
    const [req, answer] = args as [IncomingMessage, ServerResponse | Duplex]
    const refusal = refusalOf(req, server, allowed)
    if (!refusal) return emit(event, ...args)
    if ('writeHead' in answer) refuseRequest(req, answer, refusal)
    else refuseUpgrade(answer, refusal.status, refusal.code, refusal.message)
    return true
  }
  Object.assign(server, { emit: guarded })
}

/** The events with which node:http hands over a request. */
const DOORS = new Set<string | symbol>(['request', 'checkContinue', 'checkExpectation', 'upgrade', 'connect'])

function refusalOf(
  req: IncomingMessage,
  server: Server,
  allowed: ReadonlySet<string>,
): HttpError | undefined {
  const { host } = req.headers
  if (!host) return new HttpError(400, 'host_missing', 'The request has no Host header.')
  const name = hostnameOf(host)
  if (name && (isLoopback(name) || allowed.has(name) || isAddressOf(server, name))) return undefined
  const message = `This server does not answer to the name ${host.slice(0, 100)}: ALLOWED_HOSTS adds names.`
  return new HttpError(403, 'host_refused', message)
}

/** A host without its port, as browsers write it: lower case, addresses in their short form. Undefined: no host. */
export function hostnameOf(host: string): string | undefined {
  const url = `http://${host}`
  return /^[^\s/?#@\\]+$/.test(host) && URL.canParse(url) ? new URL(url).hostname : undefined
}

/** Names that every machine keeps for itself (RFC 6761 section 6.3), so that nobody can let them point elsewhere. */
function isLoopback(name: string): boolean {
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(\.\d+){3}$/.test(name)
  )
}

function isAddressOf(server: Server, name: string): boolean {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') return false
  const isEverywhere = bound.address === '0.0.0.0' || bound.address === '::'
  const addresses = isEverywhere ? Object.values(networkInterfaces()).flat() : [bound]
  return addresses.some(
    (own) => own && name === (own.address.includes(':') ? `[${own.address}]` : own.address),
  )
}

/** As levels 1 and 2 say no (`error`), and as levels 3 and 4 do (RFC 9457). */
function refuseRequest(
  req: IncomingMessage,
  res: ServerResponse,
  { status, code, message }: HttpError,
): void {
  req.resume() // what is left of the body
  const problem = { type: 'about:blank', title: STATUS_CODES[status], status, detail: message, code }
  res.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
  res.end(JSON.stringify({ ...problem, error: { code, message } }))
}
