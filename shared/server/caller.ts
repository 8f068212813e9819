/** Who makes a request. */
export interface Caller {
  id: string
  username: string
  role: 'user' | 'admin'
  /** The device session; absent for a program that uses a key. */
  sid?: string
}

/** Whom an access token speaks for. */
export interface Identity extends Caller {
  sid: string
  /** When the token ends, in milliseconds since 1970. */
  expiresAt: number
}
