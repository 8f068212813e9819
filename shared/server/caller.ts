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

/** Who knows about tokens and sessions. */
export interface Identities {
  /** Whom an access token speaks for. Throws HttpError 401 with the code of a refusal. */
  identify(token: unknown): Promise<Identity>
  /** Throws HttpError 401 `session_revoked` unless the session is alive. */
  requireAlive(sid: string): Promise<void>
  /** Those of the sessions that are alive. */
  alive(sids: readonly string[]): Promise<Set<string>>
}
