import type { Experiment } from '../arena.ts'
import { deviceOf, type Level3Page } from '../dialects/level-3.ts'
import type { Entry } from '../history.ts'
import { sendMany } from './sending.ts'
import { claimsOf, refresh } from './tokens.ts'

/** Short enough to see it end, in seconds; levels take it as ACCESS_TOKEN_TTL_S. */
export const TOKEN_TTL_S = 4
const LONGEST_TTL_S = 60
const MARGIN_MS = 1_500
/** A machine on which an answer takes so long, in milliseconds, may be too late to renew a token of 4 s. */
const SLOW_MS = 1_000

/** One page lets its token expire and is cut then; another renews in time, and misses nothing. */
export const tokenEnds: Experiment = async (arena) => {
  const ann = await arena.level3.person('ann')
  const bob = await arena.level3.person('bob')
  const device = await bob.signIn() // a fresh token: the first one may have aged while others registered
  const { exp, iat } = claimsOf(device.accessToken) as { exp: number; iat: number }
  if (exp - iat > LONGEST_TTL_S) {
    return {
      verdict: 'not tried',
      evidence: `tokens live for ${exp - iat} s: start the server with ACCESS_TOKEN_TTL_S=${TOKEN_TTL_S}`,
    }
  }
  const careless = await bob.openPage({ token: device.accessToken })
  const careful: Level3Page = await bob.openPage({ token: device.accessToken })
  let renewals = 0
  careful.socket.on('session:expiring', () => {
    // Unanswered, it is not counted: then the page is cut, which tells. At the end it may be under way.
    renew().catch((error: Error) => arena.history.add(careful.name, 'unanswered', { note: error.message }))
  })
  const renew = async () => {
    const { accessToken } = deviceOf(await refresh(bob, device.cookie))
    careful.useToken(accessToken)
    if ((await careful.ask('session:renew', { token: accessToken })).ok) renewals++
  }
  const cutAt = new Promise<number>((resolve) =>
    careless.socket.once('disconnect', () => resolve(Date.now())),
  )
  careless.stayAway()
  let afterwards = 0
  careless.socket.on('notification:new', () => {
    if (Date.now() > exp * 1_000 + 200) afterwards++
  })
  let carefulWasCut = false
  careful.socket.once('disconnect', () => {
    carefulWasCut = true
  })

  const sender = sendMany(arena, { from: ann, to: bob.name, count: 20, everyMs: ((exp - iat) * 1_500) / 20 })
  const late = new Promise<undefined>((resolve) =>
    setTimeout(resolve, exp * 1_000 - Date.now() + MARGIN_MS, undefined),
  )
  const ended = await Promise.race([cutAt, late])
  await sender
  await arena.history.until(() => careful.shown.length >= 20, 5_000)
  careless.close()
  const result = arena.judge()
  const overdue = ended === undefined ? undefined : ((ended - exp * 1_000) / 1_000).toFixed(1)
  const says = [
    overdue === undefined
      ? 'not cut when its token ended'
      : `cut ${overdue} s after its token ended, ${afterwards} shown afterwards`,
    `the one that renewed ${renewals} time${renewals === 1 ? '' : 's'} was ${carefulWasCut ? 'cut' : 'not cut'}, ${careful.shown.length} of 20 shown`,
  ]
  const slowest = slowestAnswer(arena.history.entries)
  const isKept =
    overdue !== undefined && afterwards === 0 && renewals > 0 && !carefulWasCut && result.verdict === 'kept'
  return {
    ...result,
    ...(slowest > SLOW_MS && {
      overload: `this machine takes ${(slowest / 1_000).toFixed(1)} s for an answer`,
    }),
    verdict: isKept ? 'kept' : 'broken',
    evidence: says.join('; '),
  }
}

/** The longest from sending until it was answered, or given up, in milliseconds. */
function slowestAnswer(entries: readonly Entry[]): number {
  const sent = new Map<string | undefined, number>()
  let slowest = 0
  for (const { what, message, at } of entries) {
    if (what === 'send') sent.set(message, at)
    if (what === 'acknowledged' || what === 'refused' || what === 'unanswered')
      slowest = Math.max(slowest, at - (sent.get(message) ?? at))
  }
  return slowest
}
