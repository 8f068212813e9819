import type { Experiment } from '../arena.ts'
import type { Level3Page } from '../dialects/level-3.ts'
import { restStatus } from './tokens.ts'

const WITHIN_MS = 2_000

/** Signing out on one device: its sockets on every instance and its tokens end, another device's stay. */
export const signOut: Experiment = async (arena) => {
  const { urls } = arena.stage
  const bob = await arena.level3.person('bob')
  const other = await bob.signIn()
  const orders = urls.map((_, index) => [...urls.slice(index), ...urls.slice(0, index)])
  const pages: Level3Page[] = []
  for (const order of orders) pages.push(await bob.openPage({ urls: order }))
  const stays = await bob.openPage({ token: other.accessToken })
  for (const page of pages) page.stayAway()

  const began = performance.now()
  const headers = { cookie: bob.cookie, 'x-requested-with': 'fetch' }
  const { status } = await bob.api('POST', '/api/auth/logout', undefined, headers)
  const areCut = await arena.history.until(() => pages.every((page) => !page.isConnected), WITHIN_MS)
  const ms = Math.round(performance.now() - began)
  const statuses = await Promise.all(urls.map((url) => restStatus(url, bob.token)))
  const refreshed = await bob.api('POST', '/api/auth/refresh', undefined, headers)
  const otherStatus = await restStatus(urls[0], other.accessToken)

  const cut = pages.filter((page) => !page.isConnected).length
  const isRefused = statuses.every((each) => each === 401) && refreshed.status === 401
  const isKept = status === 204 && areCut && isRefused && stays.isConnected && otherStatus === 200
  const where = urls.length > 1 ? ` on ${urls.length} instances` : ''
  return {
    verdict: isKept ? 'kept' : 'broken',
    evidence: `signed out: ${cut} of ${pages.length} sockets${where} cut after ${ms} ms; its token: ${statuses.join(', ')}, its refresh token: ${refreshed.status}; another device: ${stays.isConnected ? 'stays' : 'was cut'}`,
  }
}
