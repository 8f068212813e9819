import type { Server, Socket } from 'socket.io'

/** What may wait for one peer that does not read, in bytes. */
export const MAX_WAITING_BYTES = 1_048_576

/** More packets than this in one second are a flood: even to refuse them is too much work. */
const FLOOD = 500

type Connection = Socket['conn']
type AnyIo = Pick<Server, 'engine'>

/** How many packets came in this second (of a steady clock), by connection. An idle connection has no entry. */
let packets = new WeakMap<Connection, number>()
let second = 0

/** What may ask once, and has: connections for their socket, transports for taking over from long-polling. */
const asked = new WeakSet<object>()

/** On a `writeBuffer` (packets that the transport has not been given yet): its bytes. Each flush begins a new one. */
const BYTES = Symbol('bytes')
type Waiting = unknown[] & { [BYTES]?: number }
const writeBufferOf = (connection: object) => (connection as { writeBuffer: Waiting }).writeBuffer

/**
 * Bounds what one connection can cost, below Socket.IO, where nothing has been parsed yet. Cut off is:
 * - a flood: more than 500 packets in one second;
 * - a reader for whom more than `maxWaitingBytes` would wait;
 * - a second CONNECT packet: each makes a socket, asks for what a socket asks, and gets every message once more;
 * - a second probe of one transport: each is answered, and nothing bounds answers that are not read;
 * - a peer that answers no pings: Engine.IO would still wait 30 s for it to say goodbye.
 *
 * Also lets go of each connection's first HTTP request, headers and all, which would be kept as long as the connection
 * (socket.io/docs/v4/memory-usage). Call once, before anybody connects.
 */
export function guardConnections(io: AnyIo, { maxWaitingBytes = MAX_WAITING_BYTES } = {}): void {
  io.engine.on('connection', (connection: Connection) => {
    Object.assign(connection, { request: null })
    connection.on('packet', countPacket)
    connection.on('packetCreate', boundWaiting)
    connection.on('upgrading', allowOneProbe)
    connection.on('close', endDead)
  })

  /** Engine.IO says so before it queues a packet. */
  function boundWaiting(this: Connection, { data }: { data?: string | Buffer }): void {
    if (data === undefined || this.transport.writable) return // a writable transport takes everything at once
    const buffer = writeBufferOf(this)
    buffer[BYTES] = (buffer[BYTES] ?? 0) + Buffer.byteLength(data)
    if (buffer[BYTES] + inTransport(this) > maxWaitingBytes) cutConnection(this)
  }
}

function countPacket(this: Connection, { type, data }: { type: string; data?: unknown }): void {
  const now = Math.floor(performance.now() / 1_000)
  if (now !== second) [packets, second] = [new WeakMap(), now]
  const count = (packets.get(this) ?? 0) + 1
  packets.set(this, count)
  const isConnect = type === 'message' && typeof data === 'string' && data.startsWith('0')
  if (count > FLOOD || (isConnect && asked.has(this))) cutConnection(this)
  else if (isConnect) asked.add(this)
}

function allowOneProbe(this: Connection, transport: Connection['transport']): void {
  if (asked.has(transport)) cutConnection(this, transport)
  asked.add(transport)
}

function endDead(this: Connection, reason: string): void {
  if (reason === 'ping timeout') cutConnection(this)
}

/** Bytes that a WebSocket was given and the operating system has not taken yet. */
function inTransport({ transport }: Connection): number {
  return 'socket' in transport ? (transport.socket as { bufferedAmount: number }).bufferedAmount : 0
}

/**
 * Ends a connection now. `socket.disconnect(true)` would first send what waits, and meanwhile go on to parse and handle
 * what is under way. The client takes it for a lost connection, and comes back by itself.
 */
export function cutConnection(connection: Connection, transport = connection.transport): void {
  connection.close(true)
  if ('socket' in transport) (transport.socket as { terminate(): void }).terminate()
}

/**
 * Resolves with true when everything sent to this peer has left, and with false when the peer is gone. Whoever has much to
 * send sends it in pieces and waits for this in between.
 */
export async function drained(connection: Connection): Promise<boolean> {
  while (connection.readyState === 'open') {
    const { transport } = connection
    if (transport.writable && writeBufferOf(connection).length === 0) return true
    await new Promise<void>((resolve) => {
      const wake = () => {
        transport.off('ready', wake)
        for (const event of ['upgrade', 'close'] as const) connection.off(event, wake)
        resolve()
      }
      transport.on('ready', wake)
      for (const event of ['upgrade', 'close'] as const) connection.on(event, wake)
    })
  }
  return false
}

const nothing = Object.freeze({})

/** To call when a handshake has been read: otherwise it stays in memory, with its secrets, as long as the socket. */
export function forgetHandshake({ handshake }: Pick<Socket, 'handshake'>): void {
  Object.assign(handshake, { auth: nothing, headers: nothing, query: nothing, time: '', url: '' })
}
