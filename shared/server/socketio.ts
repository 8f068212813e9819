import type { Server, Socket } from 'socket.io'

/** What may wait for one peer that does not read, in bytes. */
export const MAX_WAITING_BYTES = 1_048_576

/** More packets than this in one second are a flood: even to refuse them is too much work. */
const FLOOD = 500

type Connection = Socket['conn']
type AnyIo = Pick<Server, 'engine'>

/** What is known of a connection. */
interface Meter {
  /** The second (of a steady clock) that is being counted, and the packets that came in it. */
  second: number
  packets: number
  /** Whether it has asked for its socket. */
  connected: boolean
  /** Bytes in `writeBuffer`: packets that the transport has not been given yet. */
  waiting: number
}

const meters = new WeakMap<Connection, Meter>()

/**
 * Bounds what one connection can cost, below Socket.IO, where nothing has been parsed yet. Cut off is:
 * - a flood: more than 500 packets in one second;
 * - a reader for whom more than `maxWaitingBytes` would wait;
 * - a second CONNECT packet: each makes a socket, asks for what a socket asks, and gets every message once more;
 * - a peer that answers no pings: Engine.IO would still wait 30 s for it to say goodbye.
 *
 * Also lets go of each connection's first HTTP request, headers and all, which would be kept as long as the connection
 * (socket.io/docs/v4/memory-usage). Call once, before anybody connects.
 */
export function guardConnections(io: AnyIo, { maxWaitingBytes = MAX_WAITING_BYTES } = {}): void {
  io.engine.on('connection', (connection: Connection) => {
    Object.assign(connection, { request: null })
    meters.set(connection, { second: 0, packets: 0, connected: false, waiting: 0 })
    connection.on('packet', countPacket)
    connection.on('packetCreate', boundWaiting)
    connection.on('close', endDead)
  })

  /** Engine.IO says so before it queues a packet. */
  function boundWaiting(this: Connection, { data }: { data?: string | Buffer }): void {
    if (data === undefined || this.transport.writable) return // a writable transport takes everything at once
    const meter = meters.get(this)
    if (!meter) return
    if (meter.waiting === 0) this.once('flush', forgetWaiting)
    meter.waiting += Buffer.byteLength(data)
    if (meter.waiting + inTransport(this) > maxWaitingBytes) cutConnection(this)
  }
}

function countPacket(this: Connection, { type, data }: { type: string; data?: unknown }): void {
  const meter = meters.get(this)
  if (!meter) return
  const second = Math.floor(performance.now() / 1_000)
  meter.packets = second === meter.second ? meter.packets + 1 : 1
  meter.second = second
  const isConnect = type === 'message' && typeof data === 'string' && data.startsWith('0')
  if (meter.packets > FLOOD || (isConnect && meter.connected)) cutConnection(this)
  else if (isConnect) meter.connected = true
}

function endDead(this: Connection, reason: string): void {
  if (reason === 'ping timeout') cutConnection(this)
}

function forgetWaiting(this: Connection): void {
  const meter = meters.get(this)
  if (meter) meter.waiting = 0
}

/** Bytes that a WebSocket was given and the operating system has not taken yet. */
function inTransport({ transport }: Connection): number {
  return 'socket' in transport ? (transport.socket as { bufferedAmount: number }).bufferedAmount : 0
}

/**
 * Ends a connection now. `socket.disconnect(true)` would first send what waits, and meanwhile go on to parse and handle
 * what is under way. The client takes it for a lost connection, and comes back by itself.
 */
export function cutConnection(connection: Connection): void {
  const { transport } = connection
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
    if (transport.writable && !meters.get(connection)?.waiting) return true
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
  Object.assign(handshake, { auth: nothing, headers: nothing, query: nothing, time: '' })
}
