import type { Part } from './wire.ts'

/** A packet of Socket.IO in words: what kind it is, and one line about it. */
export interface Explanation {
  kind: string
  why: string
}

/** What a level says of its own events; undefined for one that it does not know. */
export type ExplainEvent = (name: string, args: unknown[], direction: 'in' | 'out') => string | undefined

/**
 * Reads one text frame as Engine.IO protocol 4 (the first digit) and Socket.IO protocol 5 (the second digit, after an
 * Engine.IO `4`): socket.io/docs/v4/engine-io-protocol and socket.io/docs/v4/socket-io-protocol.
 */
export function explainPacket(raw: string, direction: 'in' | 'out', explainEvent: ExplainEvent): Explanation {
  switch (raw[0]) {
    case '0':
      return {
        kind: 'open',
        why: 'Engine.IO opens: its session id, and how often it will ask whether we are there',
      }
    case '1':
      return { kind: 'close', why: 'Engine.IO closes this connection' }
    case '2':
      return { kind: 'ping', why: 'Engine.IO asks: still there?' }
    case '3':
      return { kind: 'pong', why: 'still there' }
    case '4':
      return explainSocketPacket(raw.slice(1), direction, explainEvent)
    default:
      return { kind: 'unknown', why: 'no packet of Socket.IO: the server will hang up' }
  }
}

/** Type, [attachments-], [/namespace,], [acknowledgement id], [JSON]. */
const SOCKET_PACKET = /^(\d)(\d+-)?(\/[^,]*,)?(\d*)([[{].*)?$/s

const ENGINE_TYPES = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop']
const SOCKET_TYPES = [
  'connect',
  'disconnect',
  'event',
  'acknowledgement',
  'connect error',
  'event with bytes',
  'acknowledgement with bytes',
]

/** What a frame is made of, part by part. */
export function packetParts(raw: string): Part[] {
  const [engine = '', rest] = [raw[0], raw.slice(1)]
  const parts: Part[] = [
    { name: 'Engine.IO packet type', text: `${engine} = ${ENGINE_TYPES[Number(engine)] ?? 'none'}` },
  ]
  const socket = engine === '4' ? SOCKET_PACKET.exec(rest) : undefined
  if (!socket) return rest === '' ? parts : [...parts, { name: 'payload', text: rest }]
  const [, type = '', attachments, namespace, id, json] = socket
  parts.push({ name: 'Socket.IO packet type', text: `${type} = ${SOCKET_TYPES[Number(type)] ?? 'none'}` })
  if (attachments) parts.push({ name: 'attachments', text: attachments })
  if (namespace) parts.push({ name: 'namespace', text: namespace })
  if (id) parts.push({ name: 'acknowledgement id', text: id })
  if (json) parts.push({ name: type === '2' ? 'event name and arguments' : 'payload', text: json })
  return parts
}

/** The key to the digits that frames begin with, for "On the wire". */
export const packetKey: Part[] = [
  { name: 'first digit: Engine.IO', text: ENGINE_TYPES.map((name, digit) => `${digit}  ${name}`).join('\n') },
  {
    name: 'second digit, after a 4: Socket.IO',
    text: SOCKET_TYPES.map((name, digit) => `4${digit} ${name}`).join('\n'),
  },
  {
    name: 'digits after that',
    text: '421[…]  event that wants acknowledgement 1\n431[…]  acknowledgement 1, the answer',
  },
]

function explainSocketPacket(raw: string, direction: 'in' | 'out', explainEvent: ExplainEvent): Explanation {
  const parts = SOCKET_PACKET.exec(raw)
  if (!parts) return { kind: 'unknown', why: 'not a packet that Socket.IO knows' }
  const [, type, , , ackId, json] = parts
  switch (type) {
    case '0':
      return direction === 'out'
        ? { kind: 'connect', why: 'who I am: the handshake' }
        : { kind: 'connect', why: 'welcome: the socket has an id now' }
    case '1':
      return { kind: 'disconnect', why: 'this socket ends on purpose' }
    case '2':
    case '5': {
      const [name, ...args] = parseArray(json)
      const why = explainEvent(String(name), args, direction) ?? `the event ${String(name)}`
      return { kind: 'event', why: ackId ? `${why} (wants acknowledgement ${ackId})` : why }
    }
    case '3':
    case '6':
      return { kind: 'ack', why: `the answer to event ${ackId}` }
    case '4':
      return { kind: 'refused', why: 'the server does not let this socket in, and says why' }
    default:
      return { kind: 'unknown', why: 'not a packet that Socket.IO knows' }
  }
}

function parseArray(json: string | undefined): unknown[] {
  try {
    const value: unknown = JSON.parse(json ?? '')
    return Array.isArray(value) ? value : []
  } catch {
    return [] // cut short or garbage: it is shown raw all the same
  }
}
