/** Who takes part. Instances go by their names. */
export type Lane = 'page' | 'mongo' | 'redis' | 'push' | 'device' | `instance:${string}`

/** Something that happened on the way of a notification, as one arrow from lane to lane. */
export interface Happening {
  /** No two have the same. */
  key: string
  /** Milliseconds since 1970. */
  at: number
  from: Lane
  to: Lane
  /** In a word or two: "inserted as number 7". */
  label: string
  /** The notifications or messages it is about, as far as known. */
  ids: readonly string[]
  /** The request or event it belongs to: ties what came before a notification had an id to the notification. */
  call?: string
  /** The code that did it, nearest first: `level-3-jwt-notifications/src/log/log.ts:87 insertInOrder`. */
  where?: readonly string[]
  /** What was sent, as text. */
  sent?: string
  /** The sockets that it came from or went to. */
  sockets?: readonly string[]
  /** It did not arrive. */
  lost?: boolean
}

/** The label by which an instance says now and then that it lives. */
export const PULSE = 'lives'
