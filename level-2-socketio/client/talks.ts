import type { Message } from '../src/events.ts'

/** With whom one talks: everyone, the members of a room, or one user. */
export type Talk = { kind: 'everyone' } | { kind: 'room'; room: string } | { kind: 'user'; username: string }

export const everyone: Talk = { kind: 'everyone' }

/** Where a message belongs, seen by `me`: a private one is with the other person, whoever sent it. */
export function talkOf({ room, to, from }: Message, me: string): Talk {
  if (room !== null) return { kind: 'room', room }
  if (to !== undefined) return { kind: 'user', username: from === me ? to : from }
  return everyone
}

/** Tells talks apart, and is what they are called: a room's name cannot have a `#`, nor a username an `@`. */
export function nameOf(talk: Talk): string {
  if (talk.kind === 'room') return `#${talk.room}`
  return talk.kind === 'user' ? `@${talk.username}` : 'Everyone'
}

/** What `message:send` and `typing` need to know to go there. */
export function addressOf(talk: Talk): { room?: string; to?: string } {
  if (talk.kind === 'room') return { room: talk.room }
  return talk.kind === 'user' ? { to: talk.username } : {}
}
