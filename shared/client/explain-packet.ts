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

function explainSocketPacket(raw: string, direction: 'in' | 'out', explainEvent: ExplainEvent): Explanation {
  // Type, [attachments-], [/namespace,], [acknowledgement id], [JSON].
  const parts = /^(\d)(?:\d+-)?(?:\/[^,]*,)?(\d*)([[{].*)?$/s.exec(raw)
  if (!parts) return { kind: 'unknown', why: 'not a packet that Socket.IO knows' }
  const [, type, ackId, json] = parts
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
