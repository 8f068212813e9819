import type { Part, Wire, WireEntry } from './wire.ts'

/** A request of the page and its answer, as text. */
export interface Call {
  method: string
  path: string
  /** 0: no answer came. */
  status: number
  sent: { headers: Record<string, string>; body: string }
  answer: string
}

/** The answer to a request that was refused, at levels 1 and 2. */
export interface HttpError {
  error: { code: string; message: string }
}

/** The parts of a call, for whoever opens its line. `extra`: headers that no script can see, and a word about that. */
export function callParts({ method, path, status, sent, answer }: Call, ...extra: string[]): Part[] {
  const headers = Object.entries(sent.headers).map(([name, value]) => `${name}: ${value}`)
  return [
    { name: 'request', text: `${method} ${path}` },
    { name: 'headers', text: [...headers, ...extra].join('\n') },
    { name: 'body', text: sent.body },
    { name: `answer, status ${status || 'none'}`, text: answer },
  ].filter(({ text }) => text !== '')
}

/** Posts `body` and shows that on the wire. Resolves with the answer's JSON, an error's, too; rejects when none came. */
export async function postOnWire<T>(
  wire: Wire,
  path: string,
  body: string,
  { headers = {}, why }: { headers?: Record<string, string>; why: string },
): Promise<T> {
  const call: Call = { method: 'POST', path, status: 0, sent: { headers, body }, answer: '' }
  try {
    const response = await fetch(path, { method: 'POST', headers, body })
    call.status = response.status
    call.answer = await response.text()
    return JSON.parse(call.answer)
  } finally {
    const parts = callParts(call)
    wire.add({
      direction: 'out',
      kind: 'http',
      raw: `POST ${path} → ${call.status || 'no answer'}`,
      bytes: new TextEncoder().encode(call.answer).length,
      why,
      parts: () => parts,
      kept: parts.reduce((sum, { text }) => sum + text.length, 0),
    })
  }
}

/** Of a request that the browser makes itself, a script sees the address, and nothing of what is in here. */
const UPGRADE_HEADERS =
  'Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: (hidden from scripts)\nSec-WebSocket-Version: 13\n'

/** The request that opens a WebSocket at `url`. */
export function upgradeEntry(url: string, why: string): WireEntry {
  const { pathname, search } = new URL(url)
  const request = `GET ${pathname}${search} HTTP/1.1`
  return {
    direction: 'out',
    kind: 'upgrade',
    raw: `${request}\nUpgrade: websocket`,
    why,
    parts: () => [
      { name: 'request', text: request },
      { name: 'what the browser adds', text: `${UPGRADE_HEADERS}Origin: ${location.origin}` },
    ],
  }
}

/** The answer to it. */
export const openEntry: WireEntry = {
  direction: 'in',
  kind: 'open',
  raw: '101 Switching Protocols',
  why: 'from here on there are only frames',
}

/** What the close codes that one meets here mean (RFC 6455 section 7.4.1). */
const CLOSE_CODES: Record<number, string> = {
  1000: 'closed on purpose',
  1001: 'the server goes away',
  1005: 'closed, and no reason was given',
  1006: 'gone without a goodbye: no close frame came',
  1009: 'the message was too big for the server',
}

/** The end of a WebSocket. 1005 and 1006 never cross: they say that no close frame came, or none with a code. */
export function closeEntry(code: number, reason: string): WireEntry {
  return {
    direction: code === 1005 || code === 1006 ? 'note' : 'in',
    kind: 'close',
    raw: `${code} ${reason}`.trim(),
    why: CLOSE_CODES[code] ?? 'the connection ended',
  }
}
