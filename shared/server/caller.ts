/** Somebody who has an account. */
export interface Person {
  id: string
  username: string
}

/** Who makes a request. */
export interface Caller extends Person {
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
