import { emitting, idsIn, remember, seenBy } from './recent.ts'
import { callNow, during, isHeard, type Lane, tell, whereNow } from './story.ts'

interface Packet {
  type: number
  id?: number
  data: unknown[]
}
interface Options {
  rooms: Set<string>
  except?: Set<string>
}
interface AnyAdapter {
  broadcast(packet: Packet, options: Options): void
  rooms: Map<string, Set<string>>
  sids: Map<string, unknown>
  /** Of the adapter for Redis: what another instance has published. */
  onmessage?(pattern: unknown, channel: unknown, message: unknown): void
  parser?: {
    decode(message: unknown): [uid: string, packet: Packet, to: { rooms?: string[]; except?: string[] }]
  }
  uid?: string
  /** Of level 2's adapter: how many lost connections it keeps messages for, and what one gets back. */
  held?(): number
  replay?(socket: AnySocket, pid: string, packets: unknown[][]): void
}
interface AnySocket {
  id: string
  data: unknown
  onevent(packet: Packet): void
  packet(packet: Packet, options?: unknown): void
}
/** As much of Socket.IO's server as is used here. */
export interface AnyIo {
  on(event: 'connection', listener: (socket: never) => void): unknown
  sockets: { adapter: unknown }
}

const [EVENT, ACK] = [2, 3]
/** What brings news. Who types or is online is none. */
const NEWS = /^(notification:new|message:new|room:message)$/
const SENT = /^(message:send|room:send|notifications:seen)$/
let events = 0

/**
 * What sockets send, and what is emitted to them. `hasLog`: stored notifications have ids before they are emitted; without
 * a log the message's id is born in the call that emits it.
 */
export function watchIo(io: AnyIo, lane: Lane, hasLog: boolean): void {
  const adapter = io.sockets.adapter as AnyAdapter
  watchAdapter(adapter, lane, hasLog)
  io.on('connection', (socket: never) => watchSocket(socket as AnySocket, lane))
}

function watchAdapter(adapter: AnyAdapter, lane: Lane, hasLog: boolean): void {
  const { broadcast, onmessage, replay } = adapter
  adapter.broadcast = function (this: AnyAdapter, packet, options) {
    const ids = isHeard() ? idsOf(packet) : []
    if (ids.length === 0) return broadcast.call(this, packet, options)
    emitted(packet, options, ids, 'emitted', whereNow())
    const held = this.held?.() ?? 0
    if (held > 0) tell({ from: lane, to: lane, label: `held for ${held} who lost the connection`, ids })
    // What is published in Redis meanwhile belongs to it: watch-redis.ts.
    emitting.ids = ids
    try {
      broadcast.call(this, packet, options)
    } finally {
      emitting.ids = []
    }
  }
  if (onmessage) {
    adapter.onmessage = function (this: AnyAdapter, pattern, channel, message) {
      onmessage.call(this, pattern, channel, message)
      const [uid, packet, to] = isHeard() && this.parser ? this.parser.decode(message) : []
      const ids = packet && uid !== this.uid ? idsOf(packet) : []
      if (!packet || ids.length === 0) return
      tell({ from: 'redis', to: lane, label: 'heard', ids, sent: JSON.stringify(packet.data) })
      emitted(packet, { rooms: new Set(to?.rooms), except: new Set(to?.except) }, ids, 'handed on')
    }
  }
  if (replay) {
    adapter.replay = function (this: AnyAdapter, socket, pid, packets) {
      for (const data of isHeard() ? packets : []) {
        const ids = idsOf({ type: EVENT, data })
        const told = { from: lane, to: 'page', label: 'recovered', ids, sent: JSON.stringify(data) } as const
        if (ids.length > 0) tell({ ...told, sockets: [socket.id], where: whereNow() })
      }
      replay.call(this, socket, pid, packets)
    }
  }

  function emitted(packet: Packet, options: Options, ids: string[], label: string, where?: string[]): void {
    const { seq } = (packet.data[1] ?? {}) as { seq?: number }
    for (const room of options.rooms) {
      const [, userId] = /^user:(.+)$/.exec(room) ?? []
      if (userId !== undefined && seq !== undefined && ids[0]) remember(ids[0], userId, seq)
    }
    const sockets = reached(adapter, options)
    const call = hasLog ? undefined : callNow()
    const words = `${label} to ${sockets.length} ${sockets.length === 1 ? 'socket' : 'sockets'}`
    tell({
      from: lane,
      to: 'page',
      label: words,
      ids,
      call,
      sockets,
      sent: JSON.stringify(packet.data),
      where,
    })
  }
}

function watchSocket(socket: AnySocket, lane: Lane): void {
  const { onevent, packet: send } = socket
  socket.onevent = function (this: AnySocket, packet) {
    const event = String(packet.data?.[0])
    if (!isHeard() || !SENT.test(event)) return onevent.call(this, packet)
    during(`${lane} event ${++events}`, () => {
      received(event, packet)
      onevent.call(this, packet)
    })
  }
  socket.packet = function (this: AnySocket, packet, options) {
    if (packet.type === ACK && isHeard()) {
      const text = JSON.stringify(packet.data[0])
      const ids = idsIn(text)
      const told = { from: lane, to: 'page', label: 'acknowledged', ids, sent: text } as const
      if (ids.length > 0) tell({ ...told, call: callNow(), sockets: [socket.id], where: whereNow() })
    }
    send.call(this, packet, options)
  }

  function received(event: string, { data }: Packet): void {
    const { upTo } = (data[1] ?? {}) as { upTo?: unknown }
    const { id: userId } = (socket.data ?? {}) as { id?: unknown }
    const isSeen = event === 'notifications:seen'
    const ids = isSeen ? seenBy(String(userId), Number(upTo)) : []
    if (isSeen && ids.length === 0) return
    const label = isSeen ? `seen up to ${upTo}` : event
    tell({
      from: 'page',
      to: lane,
      label,
      ids,
      call: isSeen ? undefined : callNow(),
      sockets: [socket.id],
      sent: JSON.stringify(data),
    })
  }
}

/** The ids of what a packet tells of; none when it is no news. */
function idsOf({ type, data }: Packet): string[] {
  const [event, payload] = data ?? []
  const { id } = (payload ?? {}) as { id?: unknown }
  return type === EVENT && NEWS.test(String(event)) && typeof id === 'string' ? [id] : []
}

/** The sockets of this instance that a broadcast goes to. */
function reached({ rooms, sids }: AnyAdapter, { rooms: wanted, except = new Set() }: Options): string[] {
  const members = (names: Set<string>) => [...names].flatMap((name) => [...(rooms.get(name) ?? [])])
  const not = new Set(members(except))
  return [...new Set(wanted.size > 0 ? members(wanted) : sids.keys())].filter((id) => !not.has(id))
}
