import type { Arena } from '../arena.ts'
import type { Level3Page, Level3Person } from '../dialects/level-3.ts'
import type { Device } from '../dialects/level-4.ts'
import { claimsOf, forge } from '../experiments/tokens.ts'
import type { Link } from '../links.ts'
import type { Rhythm } from './plan.ts'

/** Something that can break, and how it is mended. Both end within the time that server-process.ts allows. */
export interface Fault {
  begin(): Promise<void> | void
  /** Absent where it is over at once. */
  end?(): Promise<void> | void
}

/** Faults that come one after the other. Those of different tracks come at the same time. */
export interface Track {
  name: string
  rhythm: Rhythm
  /** For each kind, those that can break so: at least one. */
  kinds: ReadonlyMap<string, readonly Fault[]>
}

export interface Parts {
  pages: readonly Level3Page[]
  /** Whose pages these are, one for each. */
  owners: readonly Level3Person[]
  senders: readonly Level3Person[]
  devices: readonly Device[]
}

const SLOW_MS = 150
const nothing = () => undefined

/** Everything that can break on this stage. */
export function tracksOf(arena: Arena, parts: Parts): Track[] {
  const tracks: Track[] = [
    { name: 'servers', rhythm: { after: [500, 2_500], lasts: [200, 2_000] }, kinds: serverFaults(arena) },
    { name: 'links', rhythm: { after: [100, 800], lasts: [200, 2_000] }, kinds: linkFaults(parts) },
    { name: 'tokens', rhythm: { after: [500, 2_500], lasts: [50, 500] }, kinds: tokenFaults(arena, parts) },
    { name: 'push', rhythm: { after: [1_000, 4_000], lasts: [200, 2_000] }, kinds: pushFaults(arena, parts) },
  ]
  return tracks.filter(({ kinds }) => kinds.size > 0)
}

/** Instances, and what they need: killed with -9, and started again. */
function serverFaults(arena: Arena): Map<string, Fault[]> {
  const { servers = [], services, level } = arena.stage
  const kinds = new Map<string, Fault[]>()
  servers.forEach((_, index) => {
    const name = servers.length > 1 ? `app${index + 1} killed` : 'server killed'
    kinds.set(name, [{ begin: () => arena.kill(index), end: () => arena.start(index) }])
  })
  const service = (name: string, process: NonNullable<typeof services>['mongo']) => {
    if (!process) return
    const begin = () => {
      arena.history.add(name, 'killed')
      return process.kill()
    }
    const end = async () => {
      await process.start()
      arena.history.add(name, 'started')
    }
    kinds.set(`${name} killed`, [{ begin, end }])
  }
  service('MongoDB', services?.mongo)
  if (level === 4) service('Redis', services?.redis)
  return kinds
}

/** The links of pages, and those of senders. */
function linkFaults({ pages, senders }: Parts): Map<string, Fault[]> {
  const ofPages = (make: (link: Link) => Fault) => pages.map(({ link }) => make(link))
  const ofSenders = (make: (link: Link) => Fault) => senders.map(({ link }) => make(link))
  return new Map([
    ['link down', ofPages((link) => ({ begin: link.down, end: link.up }))],
    ['link frozen', ofPages((link) => ({ begin: () => link.freeze(), end: link.thaw }))],
    ['link slow', ofPages((link) => ({ begin: () => link.slow(SLOW_MS), end: () => link.slow(0) }))],
    ['link cut', ofPages((link) => ({ begin: link.cut }))],
    ['link half-closed', ofPages((link) => ({ begin: link.halfClose }))],
    ['sender cut', ofSenders((link) => ({ begin: link.cut }))],
    ['answer swallowed', ofSenders((link) => ({ begin: () => void link.swallowAnswer() }))],
  ])
}

/** The clock of tokens: one that has ended, or is about to. The key that signs them is the run's own. */
function tokenFaults(arena: Arena, { pages, owners, senders }: Parts): Map<string, Fault[]> {
  const secret = arena.stage.services?.jwtSecret
  if (secret === undefined) return new Map()
  const endingIn = (seconds: number, token: string) => {
    const now = Math.floor(Date.now() / 1_000)
    return forge({ ...claimsOf(token), iat: now - 60, exp: now + seconds }, secret)
  }
  const tell = (who: string, note: string) => arena.history.add(who, 'expired', { note })
  const sending = senders.map((sender) => ({
    begin() {
      tell(sender.name, 'has ended')
      sender.useToken(endingIn(-1, sender.token))
    },
  }))
  const coming = pages.map((page, index) => ({
    begin() {
      tell(page.name, 'has ended, and the page has to connect')
      page.useToken(endingIn(-1, owners[index]?.token ?? ''))
      page.link.cut()
    },
  }))
  const connected = pages.map((page, index) => ({
    async begin() {
      tell(page.name, 'ends in 1 s')
      const token = endingIn(1, owners[index]?.token ?? '')
      // Not connected just now, or cut meanwhile: then this fault was none.
      await page.ask('session:renew', { token }, 1_000).catch(nothing)
    },
  }))
  return new Map([
    ['sender’s token ended', sending],
    ['page’s token ended', coming],
    ['token ends in 1 s', connected],
  ])
}

/** The push service of all devices. */
function pushFaults(arena: Arena, { devices }: Parts): Map<string, Fault[]> {
  if (devices.length === 0) return new Map()
  const says = (answer: number | 'hang', more = {}): [string, Fault[]] => {
    const tell = (given: number | 'hang') => {
      arena.history.add('push service', 'told', { note: String(given) })
      for (const { subscription } of devices) subscription.setBehaviour({ answer: given, ...more })
    }
    const name = answer === 'hang' ? 'push: silence' : `push: ${answer}`
    return [name, [{ begin: () => tell(answer), end: () => tell(201) }]]
  }
  return new Map([says(429, { retryAfter: 1 }), says(500), says('hang')])
}
