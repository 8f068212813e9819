import { guardHandshake } from './handshake.ts'
import { type Level2Io, type Level2Socket, membersOf, tabsOf } from './io.ts'
import { RECOVERY_MS, RecoveryAdapter } from './recovery.ts'
import { createRooms } from './rooms.ts'
import { createUsers, type User } from './users.ts'

/** In a larger crowd changes are gathered and carry no list: all names to everyone would grow with its cube. */
const SMALL_CROWD = 100
const GATHER_MS = 50

export interface PresenceOptions {
  /** How long a user stays online after the last tab closed, in milliseconds. A reload takes less. */
  graceMs?: number
  /** How long name and rooms of a lost connection are kept, and what is sent meanwhile. At most RECOVERY_MS. */
  keepMs?: number
}

export type Presence = ReturnType<typeof createPresence>

/**
 * Who is here: names without passwords, several tabs of one user, rooms, and a lost connection that comes back. `io` MUST
 * have `adapter: RecoveryAdapter` and `connectionStateRecovery`. Call before anybody connects.
 */
export function createPresence(
  io: Level2Io,
  { graceMs = 3_000, keepMs = RECOVERY_MS }: PresenceOptions = {},
) {
  const recovery = io.sockets.adapter
  if (!(recovery instanceof RecoveryAdapter)) throw new TypeError('io needs the RecoveryAdapter')
  const rooms = createRooms(io)
  const users = createUsers({
    graceMs,
    keepMs,
    onLeft(user) {
      tell('user:left', user, io)
      rooms.announce(user, 'room:left')
    },
    onForgotten(user) {
      rooms.forget(user)
      recovery.forget(user)
    },
  })
  const returning = guardHandshake(io, users, recovery)

  /** Who came or went since the last telling, in a large crowd; for whoever did both, the last counts. */
  const gathered = new Map<string, 'user:joined' | 'user:left'>()

  function tell(change: 'user:joined' | 'user:left', { username }: User, to: Pick<Level2Io, 'emit'>): void {
    const names = users.names()
    if (names.length <= SMALL_CROWD) return void to.emit(change, { username, users: names })
    if (gathered.size === 0) setTimeout(tellGathered, GATHER_MS).unref()
    gathered.set(username, change)
  }

  function tellGathered(): void {
    for (const change of ['user:joined', 'user:left'] as const) {
      const usernames = [...gathered.keys()].filter((name) => gathered.get(name) === change)
      if (usernames[0] !== undefined) io.emit(change, { username: usernames[0], usernames })
    }
    gathered.clear()
  }

  function onDisconnect(this: Level2Socket, reason: string): void {
    users.exit(this.data.user, !ON_PURPOSE.has(reason))
  }

  io.on('connection', (socket) => {
    const { user } = socket.data
    socket.on('disconnect', onDisconnect)
    socket.join([tabsOf(user), ...user.rooms.map(membersOf)])
    const back = returning.get(socket)
    if (back) recovery.replay(socket, back.pid, back.packets)
    const { sessionId, username } = user
    socket.emit('session', { sessionId, username, users: users.names(), rooms: user.rooms })
    if (user.announced) return
    user.announced = true
    tell('user:joined', user, socket.broadcast)
    rooms.announce(user, 'room:joined')
  })

  return {
    users,
    rooms,
    /** For how many lost connections what is sent now is kept: of one user, or of all. */
    held: (user?: User) => recovery.held(user),
    /** What is remembered: all zero when everyone has gone. */
    counts: () => ({ users: users.size(), rooms: rooms.size(), kept: recovery.size() }),
    close: () => users.close(),
  }
}

/** What ends a socket because somebody wanted it to. Everything else is a lost connection. */
const ON_PURPOSE = new Set(['client namespace disconnect', 'server namespace disconnect'])
