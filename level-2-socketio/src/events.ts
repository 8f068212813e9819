import type { Acknowledgement } from './refusal.ts'

/**
 * The wire contract of level 2, for the server and the page: Socket.IO takes the two interfaces as type parameters, so
 * a misspelt event or a wrong payload is an error in the editor. Types bind only our own code: what really arrives is
 * checked in payload.ts.
 */

/** The handshake: what a client says of itself before its socket exists. */
export interface Handshake {
  username: string
  /** From the last `session` event. It proves that this tab belongs to the user, and is nobody else's business. */
  sessionId?: string
}

export type { Acknowledgement, Problem } from './refusal.ts'

export interface ServerToClientEvents {
  /** Sent on every connect, after a recovery too: the whole state, so that a page never has to guess. */
  session(session: Session): void
  'user:joined'(change: UserChange): void
  'user:left'(change: UserChange): void
  'message:new'(message: Message): void
  'room:joined'(change: RoomChange): void
  'room:left'(change: RoomChange): void
  'notification:new'(notification: Notification): void
  typing(typing: { username: string; room: string | null }): void
}

/** Every event is answered: the last argument is the callback that gets the answer. */
export interface ClientToServerEvents {
  'message:send'(message: OutgoingMessage, answer: Answer<{ id: string; at: string }>): void
  'room:join'(payload: { room: string }, answer: Answer<RoomState>): void
  'room:leave'(payload: { room: string }, answer: Answer): void
  typing(payload: { room?: string }, answer: Answer): void
}

export type Answer<Data = undefined> = (answer: Acknowledgement<Data>) => void

export interface Session {
  sessionId: string
  username: string
  /** Everyone online, oneself included. */
  users: readonly string[]
  /** The rooms this user is in, with any tab. */
  rooms: readonly string[]
}

export interface UserChange {
  username: string
  /** Everyone online after the change, in a crowd of up to 100. */
  users?: readonly string[]
  /** In a larger crowd instead: all who came (or went) within 50 ms, the first of them in `username`. */
  usernames?: readonly string[]
}

export interface RoomState {
  room: string
  members: readonly string[]
}

export interface RoomChange extends RoomState {
  username: string
}

/** To everyone; or to a room one is in; or privately to a user. Not to a room and a user at once. */
export interface OutgoingMessage {
  text: string
  room?: string
  to?: string
}

export interface Message {
  id: string
  from: string
  text: string
  /** ISO 8601. */
  at: string
  room: string | null
  /** For a private message: to whom. */
  to?: string
}

export interface Notification extends Pick<Message, 'id' | 'text' | 'at'> {
  /** null: from no user, but from a program that used `POST /notify`. */
  from: string | null
}

/** Where Socket.IO lives: its default. */
export const SOCKET_PATH = '/socket.io/'

/** `POST` JSON here: `{ text, to? }`. The answer is 202 with a NotifyResult. */
export const NOTIFY_PATH = '/notify'

export interface NotifyResult {
  /** How many sockets it was sent to. */
  delivered: number
  /** For how many lost connections it is kept: they get it when they come back within two minutes. */
  held: number
}
