import { byId } from '@levels/shared/client/dom.ts'
import { packetKey } from '@levels/shared/client/explain-packet.ts'
import { createPill } from '@levels/shared/client/pill.ts'
import { mountThemeButton } from '@levels/shared/client/theme.ts'
import { mountWire, type Wire } from '@levels/shared/client/wire.ts'
import type { Notification, User } from '../src/events.ts'
import { type Api, createApi } from './api.ts'
import { catchUp } from './catch-up.ts'
import { type Connection, createConnection } from './connection.ts'
import { createEmitter, type Emitter } from './emitter.ts'
import { type CallWords, explainToken, explainTraffic } from './explain.ts'
import { Problem } from './http.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { goTo, goToTop } from './places.ts'
import { createPreferences, type PreferenceStore } from './preferences.ts'
import { mountSignIn } from './sections/sign-in.ts'
import { createSession, type Session } from './session.ts'

/** What the sections of the page work with, from signing in to signing out. */
export interface App {
  user: User
  session: Session
  api: Api
  connection: Connection
  inbox: Inbox<Notification>
  preferences: PreferenceStore
  /** The inbox changed; once for many changes in a row. */
  changed: Emitter<void>
  /** One came live, that was not here before. */
  arrived: Emitter<Notification>
  /** These came while the user was away, oldest first. */
  missed: Emitter<Notification[]>
  wire: Wire
  /** Aborted on signing out: pass it to what would outlive the page's sections. */
  signal: AbortSignal
}

/** A part of the page: fills its element, which the HTML has, and lives until the user signs out. */
export type Section = (app: App) => void

/**
 * Starts the page: when someone signs in, or is signed in still, its sections start. `calls` explains further calls of the
 * API.
 */
export function startApp(sections: readonly Section[], calls: readonly CallWords[] = []): void {
  const pill = byId('pill', HTMLElement)
  const setPill = createPill(pill)
  const wire = mountWire(byId('wire', HTMLElement), packetKey)
  const signedIn = byId('signed-in', HTMLElement)
  const signedOut = byId('signed-out', HTMLElement)
  let leave: (() => void) | undefined
  let renew: (() => void) | undefined

  const session = createSession({
    onSignedIn(user) {
      const leaving = new AbortController()
      const app = createApp(user, session, wire, leaving.signal, (state, why) => {
        setPill(state === 'connected' ? 'on' : state === 'waiting' ? 'waiting' : 'off', why)
      })
      // By hand, not because another tab did, or an earlier visit: only then the focus may be moved.
      const isByHand = signedOut.contains(document.activeElement)
      signedOut.hidden = true
      signedIn.hidden = false
      for (const mount of sections) mount(app)
      renew = app.connection.renew
      leave = () => leaving.abort()
      if (isByHand) goToTop(signedIn)
      // What lies above grows as it is loaded: the place is found when the list is there.
      app.changed.once(() => goTo(location.hash.slice(1)))
      window.addEventListener('hashchange', () => goTo(location.hash.slice(1)), { signal: leaving.signal })
      setPill('waiting', 'connecting')
      app.connection.socket.connect()
    },
    onToken(access) {
      explainToken(wire, access)
      renew?.()
    },
    onSignedOut(reason) {
      leave?.()
      renew = undefined
      signedIn.hidden = true
      signIn.show(reason)
    },
  })
  const signIn = mountSignIn(signedOut, session)

  explainTraffic(wire, calls)
  mountThemeButton(pill.parentElement ?? document.body)
  setPill('off', 'signed out')
  resume(session, () => setPill('waiting', 'the server cannot be reached; trying again')).then((reason) => {
    if (!session.user) signIn.show(reason)
  })
}

const RESUME_EVERY_MS = 2_000

/** Tries until the server has said whether somebody is still signed in. Returns the reason if not, if there is one. */
async function resume(session: Session, onWaiting: () => void): Promise<string | undefined> {
  while (!session.user) {
    try {
      await session.resume()
      return undefined
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (error.status === 401) return error.code
    }
    onWaiting()
    await new Promise((resolve) => setTimeout(resolve, RESUME_EVERY_MS))
  }
  return undefined
}

function createApp(
  user: User,
  session: Session,
  wire: Wire,
  signal: AbortSignal,
  onState: Parameters<typeof createConnection>[0]['onState'],
): App {
  const changed = createEmitter<void>()
  const arrived = createEmitter<Notification>()
  const missed = createEmitter<Notification[]>()
  const inbox = createInbox({ onChange: once(changed.emit), onNew: arrived.emit })
  const connection = createConnection({ session, after: () => inbox.cursor, onState })
  catchUp({ connection, inbox, onMissed: missed.emit, signal })
  signal.addEventListener('abort', () => connection.close())
  const api = createApi(session)
  const preferences = createPreferences(api)
  return { user, session, api, connection, inbox, preferences, changed, arrived, missed, wire, signal }
}

/** Many calls within one frame become one. */
function once(draw: () => void): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    setTimeout(() => {
      isDue = false
      draw()
    }, 16)
  }
}
