import { type BreakAction, mountBreakIt } from '@levels/shared/client/break-it.ts'
import { byId } from '@levels/shared/client/dom.ts'
import { cutConnections, goOffline, sendRaw } from '@levels/shared/client/tap.ts'
import type { Notification, SignedIn } from '../../src/events.ts'
import type { App } from '../app.ts'
import { http, Problem } from '../http.ts'
import { randomId } from '../random-id.ts'
import { tokenCountdown } from './token-countdown.ts'

/** The buttons that hurt. `more`: those of the level that builds on this one. */
export function mountBreak(app: App, more: readonly BreakAction[] = []): void {
  const section = byId('break-it', HTMLElement)
  section.replaceChildren()
  // Two of them need the server's help, which it gives in development only.
  const tokens = import.meta.env.DEV ? [expireToken(app), replayRefreshToken(app)] : []
  mountBreakIt(section, [...connectionActions(app), ...tokens, ...more])
  section.append(tokenCountdown(app))
}

function connectionActions({ api, connection }: App): BreakAction[] {
  return [
    {
      label: 'Cut the connection',
      run: () =>
        cutConnections()
          ? 'Cut. The page comes back by itself, says how far it has seen, and gets what came meanwhile.'
          : 'There is no connection to cut.',
    },
    {
      label: 'Go offline 10 s',
      run() {
        goOffline(10_000)
        return 'Offline for 10 seconds. Whatever is sent to you meanwhile waits in your log.'
      },
    },
    {
      label: 'Send twice',
      async run() {
        const body = { to: 'me', title: 'Sent twice', message: 'One key, two requests, one notification.' }
        const headers = { 'idempotency-key': randomId() }
        const send = async () =>
          (await api<Notification>('POST', '/api/notifications', { body, headers })).data.seq
        const [first, second] = await Promise.all([send(), send()])
        return first === second
          ? `Both requests got number ${first}: the same Idempotency-Key is the same notification, stored once.`
          : `Stored twice, as ${first} and ${second}.`
      },
    },
    {
      label: 'Send garbage',
      async run() {
        if (!connection.socket.connected) return 'There is no connection.'
        // What an attacker would try on MongoDB: an operator where an id belongs.
        const operator: unknown = { $ne: null }
        const refused = await connection
          .request('notification:delete', { id: operator as string })
          .catch((error: unknown) => error)
        sendRaw('4{"half a packet')
        const code = refused instanceof Problem ? refused.code : 'taken'
        return `An operator object as an id: ${code}, nothing deleted. Half a packet: the server hung up, and only on this socket; the page is back.`
      },
    },
  ]
}

function expireToken({ api, session, connection }: App): BreakAction {
  return {
    label: 'Expire my token',
    async run() {
      const { data } = await api<Pick<SignedIn, 'accessToken'>>('POST', '/api/auth/experiments/expired-token')
      session.replaceToken(data.accessToken)
      connection.socket.disconnect().connect()
      return 'This page now holds a token that has expired, and connects with it: refused, refreshed, back. You noticed nothing.'
    },
  }
}

function replayRefreshToken({ session }: App): BreakAction {
  return {
    label: 'Replay my refresh token',
    async run() {
      // The server ends the session over the socket as well: whichever comes first, the sign-in form says why.
      await http('POST', '/api/auth/experiments/replay', { headers: { 'x-requested-with': 'fetch' } }).catch(
        (error: unknown) => {
          if (!(error instanceof Problem) || error.code !== 'session_revoked') throw error
          session.end(error.code)
        },
      )
      return 'A used refresh token was taken again: the session is over.'
    },
  }
}
