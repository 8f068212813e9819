import { Adapter, type BroadcastOptions, type Session } from 'socket.io-adapter'
import { type Level2Socket, membersOf, type SocketData, tabsOf } from './io.ts'
import type { User } from './users.ts'

/** How long a lost connection can be recovered, in milliseconds. */
export const RECOVERY_MS = 120_000

/** What is kept for all lost connections together, in bytes of JSON: the oldest packets go first. */
const MAX_KEPT_BYTES = 8 * 1_048_576

/** What one connection gets back at most. Whoever missed more starts anew. Well below what may wait for one socket. */
const MAX_MISSED_BYTES = 524_288

/** Not worth repeating: every connect brings a new `session`, with everyone's names. */
const PASSING: ReadonlySet<unknown> = new Set(['typing', 'user:joined', 'user:left'])

interface Kept {
  data: unknown[]
  rooms: ReadonlySet<string>
  except: ReadonlySet<string>
  bytes: number
  at: number
}

/**
 * Keeps what is sent for RECOVERY_MS, so that who lost the connection can get it afterwards.
 *
 * Socket.IO's own adapter for this gives everything to whoever names the secret id of a connection (`pid`), before any
 * middleware is asked, keeps as much as is sent, and sends it ahead of CONNECT: a client that is cut in between shows it
 * twice. Here the handshake asks, for a user who has proved who he is; what is kept has a bound, and comes after CONNECT.
 */
export class RecoveryAdapter extends Adapter {
  /** By number, oldest first. A packet's number is its last argument: so a client knows what it saw last. */
  readonly #kept = new Map<number, Kept>()
  #next = 0
  #bytes = 0
  /** The lost connections, by `pid`. */
  readonly #lost = new Map<string, SocketData & { at: number }>()

  override broadcast(packet: { type: number; id?: number; data: unknown[] }, opts: BroadcastOptions): void {
    const [event] = packet.data
    if (packet.type === EVENT && packet.id === undefined && !PASSING.has(event)) {
      packet.data.push(this.#keep(packet.data, opts))
    }
    super.broadcast(packet, opts)
  }

  /** Socket.IO calls this when a connection was lost, and not when somebody closed it. */
  override persistSession({ pid, data }: Session): void {
    this.#lost.set(pid, { ...(data as SocketData), at: Date.now() })
  }

  /**
   * What the connection `pid` of this user has missed after the packet numbered `offset`. Undefined when it is none of
   * this user's, when it was lost too long ago, or when it missed more than is given back.
   */
  missed(user: User, pid: unknown, offset: unknown): Missed | undefined {
    this.#dropOld()
    const lost = this.#lost.get(String(pid))
    if (lost?.user !== user || !this.#kept.has(Number(offset))) return undefined
    const rooms = [tabsOf(user), ...user.rooms.map(membersOf)]
    const packets: unknown[][] = []
    let bytes = 0
    for (let number = Number(offset) + 1; number < this.#next; number++) {
      const kept = this.#kept.get(number)
      if (!kept || !isFor(rooms, kept)) continue
      packets.push(kept.data)
      bytes += kept.bytes
      if (bytes > MAX_MISSED_BYTES) return undefined
    }
    return { limit: lost.limit, packets }
  }

  /** Sends one socket what it missed. Call when it has joined the room of its own id. */
  replay(socket: Level2Socket, pid: string, packets: readonly unknown[][]): void {
    this.#lost.delete(pid)
    const opts = { rooms: new Set([socket.id]), except: new Set<string>() }
    for (const data of packets) super.broadcast({ type: EVENT, data }, opts)
  }

  /** How many lost connections what is sent now is kept for: of one user, or of all. */
  held(user?: User): number {
    this.#dropOld()
    if (!user) return this.#lost.size
    return [...this.#lost.values()].filter((lost) => lost.user === user).length
  }

  /** When nothing is kept for a user any more. */
  forget(user: User): void {
    for (const [pid, lost] of this.#lost) if (lost.user === user) this.#lost.delete(pid)
    if (this.#lost.size > 0 || this.nsp.sockets.size > 0) return
    this.#kept.clear()
    this.#bytes = 0
  }

  size(): { packets: number; bytes: number; lost: number } {
    return { packets: this.#kept.size, bytes: this.#bytes, lost: this.#lost.size }
  }

  #keep(data: unknown[], { rooms, except }: BroadcastOptions): string {
    this.#dropOld()
    const at = Date.now()
    // The client names a `session` if it sees no other, so it has a place. What it says will have changed.
    const isState = data[0] === 'session'
    const bytes = isState ? 0 : Buffer.byteLength(JSON.stringify(data))
    this.#kept.set(
      this.#next,
      isState
        ? { data: NOTHING, rooms: NOBODY, except: NOBODY, bytes, at }
        : { data, rooms, except: except ?? NOBODY, bytes, at },
    )
    this.#bytes += bytes
    return String(this.#next++)
  }

  #dropOld(): void {
    const since = Date.now() - RECOVERY_MS
    for (const [number, { at, bytes }] of this.#kept) {
      if (at >= since && this.#bytes <= MAX_KEPT_BYTES) break
      this.#kept.delete(number)
      this.#bytes -= bytes
    }
    for (const [pid, { at }] of this.#lost) {
      if (at >= since) break
      this.#lost.delete(pid)
    }
  }
}

export interface Missed {
  /** How many events it had sent in the last second. */
  limit: SocketData['limit']
  packets: unknown[][]
}

/** Socket.IO's packet type for events (socket.io-parser, PacketType). */
const EVENT = 2

const NOTHING: unknown[] = []
const NOBODY: ReadonlySet<string> = new Set(['nobody'])

function isFor(rooms: readonly string[], kept: Kept): boolean {
  if (rooms.some((room) => kept.except.has(room))) return false
  return kept.rooms.size === 0 || rooms.some((room) => kept.rooms.has(room))
}
