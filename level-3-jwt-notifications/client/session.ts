import { http, Problem } from './http.ts'
import { createTabs, type SignedIn, type User } from './tabs.ts'
import { type Claims, readClaims } from './token.ts'

/** The access token. It lives in this variable only: no storage, so no other script and no thief of a disk finds it. */
export interface Access {
  token: string
  claims: Claims
  /** By this machine's clock, in milliseconds since 1970: the server's may differ. */
  expiresAt: number
}

export interface SessionEvents {
  /** Somebody is signed in now, who was not before. */
  onSignedIn(user: User): void
  /** There is a new access token for whoever is signed in. */
  onToken(access: Access): void
  /** Nobody is signed in any more. `reason` is a problem's code, absent when the user wanted it. */
  onSignedOut(reason?: string): void
}

export interface Credentials {
  username: string
  password: string
  email?: string
}

export interface Session {
  readonly user: User | undefined
  readonly access: Access | undefined
  /** Takes up the session of an earlier visit, if there is one. Throws Problem when the server cannot tell now. */
  resume(): Promise<void>
  signIn(how: 'login' | 'register', credentials: Credentials): Promise<void>
  signOut(): Promise<void>
  /** Does what ends this session, because the user wants it. Rejects as `work` does; then the session goes on. */
  leave(work: () => Promise<unknown>): Promise<void>
  /** What there is to be done while the user is still signed in, as the last thing before signing out. */
  beforeSignOut(work: () => Promise<void>): void
  /** Gets a new access token. All tabs share one request. Throws Problem; after a 401 nobody is signed in any more. */
  refresh(): Promise<void>
  /** The server has ended the session, and says why. */
  end(reason: string): void
  /** For experiments: from now on the page holds this token. */
  replaceToken(token: string): void
}

/** The cookie cannot be seen from here; this remembers that there may be one, so that a first visit asks for nothing. */
const HINT = 'may-be-signed-in'
/** How long a message to the other tabs may take, in milliseconds. */
const MESSAGE_MS = 100
/** How long the last things before a sign-out may take, in milliseconds. */
const LAST_THINGS_MS = 5_000
/** No other site can send this header without our consent: beside SameSite cookies, the second defence against CSRF. */
const headers = { 'x-requested-with': 'fetch' }

export function createSession({ onSignedIn, onToken, onSignedOut }: SessionEvents): Session {
  const tabs = createTabs()
  let user: User | undefined
  let access: Access | undefined
  let refreshing: Promise<void> | undefined
  let lastThings: (() => Promise<void>)[] = []
  let isSigningOut = false

  function adopt({ user: next, accessToken, expiresIn }: SignedIn): void {
    const isSame = user?.id === next.id
    if (user && !isSame) forget() // another tab signed in as somebody else
    user = next
    access = {
      token: accessToken,
      claims: readClaims(accessToken),
      expiresAt: Date.now() + expiresIn * 1_000,
    }
    localStorage.setItem(HINT, 'yes')
    onToken(access)
    if (!isSame) onSignedIn(user)
  }

  function forget(reason?: string): void {
    const wasSignedIn = user !== undefined
    user = undefined
    access = undefined
    lastThings = []
    if (wasSignedIn) onSignedOut(reason)
  }

  function end(reason?: string): void {
    localStorage.removeItem(HINT)
    // On signing out the server ends the session like any other, and its word may be here before its answer.
    forget(isSigningOut ? undefined : reason)
  }

  function enter(signedIn: SignedIn): void {
    adopt(signedIn)
    tabs.tell({ type: 'signed-in', signedIn })
  }

  async function refreshForAllTabs(): Promise<void> {
    const before = access
    await tabs.oneAtATime(async (waited) => {
      // The first tab tells the others; its message may still be on its way.
      if (waited && access === before) await tabs.nextMessage(3 * MESSAGE_MS)
      if (access !== before) {
        if (access) return
        throw new Problem(401, 'signed_out', 'Nobody is signed in any more.')
      }
      try {
        enter((await http<SignedIn>('POST', '/api/auth/refresh', { headers })).data)
        // Keeps the lock until other tabs have heard of the new token: without it they would refresh once more.
        await new Promise((resolve) => setTimeout(resolve, MESSAGE_MS))
      } catch (error) {
        if (error instanceof Problem && error.status === 401) {
          end(error.code)
          tabs.tell({ type: 'signed-out', wanted: false })
        }
        throw error
      }
    })
  }

  tabs.onMessage((message) => {
    if (message.type === 'signed-in') return adopt(message.signedIn)
    const wasSignedIn = user !== undefined
    end()
    if (message.wanted && !wasSignedIn) onSignedOut() // the server was quicker, and gave a reason: take it away
  })

  const session: Session = {
    get user() {
      return user
    },
    get access() {
      return access
    },
    async resume() {
      if (localStorage.getItem(HINT)) await session.refresh()
    },
    async signIn(how, credentials) {
      enter((await http<SignedIn>('POST', `/api/auth/${how}`, { body: credentials })).data)
    },
    beforeSignOut: (work) => void lastThings.push(work),
    async signOut() {
      // Whatever fails or hangs here, the user is signed out.
      const late = new Promise((resolve) => setTimeout(resolve, LAST_THINGS_MS))
      await Promise.race([Promise.allSettled(lastThings.map((work) => work())), late])
      await session.leave(() => http('POST', '/api/auth/logout', { headers }))
    },
    async leave(work) {
      isSigningOut = true
      try {
        await work()
      } finally {
        isSigningOut = false
      }
      end()
      tabs.tell({ type: 'signed-out', wanted: true })
    },
    refresh() {
      refreshing ??= refreshForAllTabs().finally(() => {
        refreshing = undefined
      })
      return refreshing
    },
    end,
    replaceToken(token) {
      access = { token, claims: readClaims(token), expiresAt: Date.now() }
    },
  }
  return session
}
