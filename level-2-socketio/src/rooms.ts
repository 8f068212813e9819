import type { RoomState } from './events.ts'
import { type Level2Io, membersOf, tabsOf } from './io.ts'
import { Refusal } from './refusal.ts'
import { isOnline, type User } from './users.ts'

/** More would be no chat but an attack on memory. */
const ROOMS_PER_USER = 50

/** Who is in which room. A room exists while it has members. */
export function createRooms(io: Level2Io) {
  const members = new Map<string, Set<User>>()

  /** As the others see it: a member whose connection is lost is not in the list. */
  const stateOf = (room: string): RoomState => ({
    room,
    members: [...(members.get(room) ?? [])].filter(isOnline).map((user) => user.username),
  })

  function remove(user: User, room: string): void {
    const left = members.get(room)
    left?.delete(user)
    if (left?.size === 0) members.delete(room)
  }

  return {
    /** Makes the user a member, with all tabs. Joining twice changes nothing. Throws Refusal `too_many_rooms`. */
    join(user: User, room: string): RoomState {
      if (user.rooms.includes(room)) return stateOf(room)
      if (user.rooms.length >= ROOMS_PER_USER) {
        throw new Refusal('too_many_rooms', `You are in ${ROOMS_PER_USER} rooms: leave one first.`)
      }
      user.rooms.push(room)
      members.set(room, (members.get(room) ?? new Set()).add(user))
      io.in(tabsOf(user)).socketsJoin(membersOf(room))
      const state = stateOf(room)
      io.to(membersOf(room)).emit('room:joined', { ...state, username: user.username })
      return state
    },
    /** Ends the membership, in all tabs. Throws Refusal `not_a_member`. */
    leave(user: User, room: string): void {
      requireMember(user, room)
      user.rooms = user.rooms.filter((other) => other !== room)
      remove(user, room)
      // The leaving user's tabs hear of it too: with one tab that asked, all of them are out.
      const change = { ...stateOf(room), username: user.username }
      io.to([membersOf(room), tabsOf(user)]).emit('room:left', change)
      io.in(tabsOf(user)).socketsLeave(membersOf(room))
    },
    /** Tells the members of the user's rooms that the user came back, or is not here any more. Membership stays. */
    announce(user: User, event: 'room:joined' | 'room:left'): void {
      for (const room of user.rooms) {
        const change = { ...stateOf(room), username: user.username }
        io.to(membersOf(room)).except(tabsOf(user)).emit(event, change)
      }
    },
    /** Ends every membership of a user who is forgotten. */
    forget(user: User): void {
      for (const room of user.rooms) remove(user, room)
      user.rooms = []
    },
    /** How many rooms have members. */
    size: () => members.size,
  }
}

/** Throws Refusal `not_a_member`. */
export function requireMember(user: User, room: string): void {
  if (!user.rooms.includes(room))
    throw new Refusal('not_a_member', `You are not in the room ${room}: join it first.`)
}
