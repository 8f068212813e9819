import type { Happening } from '../../hood/happening.ts'
import { watchInstances } from './instances.ts'

/** What this page knows of itself: what it has sent, and what has reached it. Times in milliseconds since 1970. */
export interface Known {
  /** The ids that its connections have had; none where sockets have no ids. */
  sockets: readonly string[]
  /** Since when it watches. */
  since: number
  now: number
  posts: readonly { path: string; sentAt: number; answeredAt: number }[]
  received: readonly { text: string; at: number }[]
  sent: readonly { text: string; at: number }[]
}

export interface Arrow {
  key: string
  at: number
  from: string
  to: string
  label: string
  where: readonly string[]
  sent: string
  lost: boolean
}

/** The way of one notification. */
export interface Picture {
  id: string
  title: string
  /** From left to right. */
  lanes: string[]
  arrows: Arrow[]
}

/** How long something may take to arrive before it counts as lost, in milliseconds. */
const PATIENCE_MS = 3_000
/** What dies so long before or after belongs to the picture, too, in milliseconds. */
const NEAR_MS = 20_000
const BEGAN_EARLIER = 'one that began earlier'
/** The most happenings that are kept. */
const MAX_KEPT = 600
const ORDER = ['page', 'others', 'instance:', 'mongo', 'redis', 'push', 'device']

/** Collects what is told, and makes a picture of each notification. */
export function createStories() {
  const happenings = new Map<string, Happening>()
  const instances = watchInstances()

  return {
    add(happening: Happening): void {
      if (instances.hear(happening)) return
      happenings.set(happening.key, happening)
      const [oldest] = happenings.keys()
      if (happenings.size > MAX_KEPT && oldest !== undefined) happenings.delete(oldest)
    },
    /** Newest first; last those that were on their way before this page began to look. */
    pictures(known: Known): Picture[] {
      const all = [...happenings.values()].sort((a, b) => a.at - b.at)
      const changes = instances.changes(known.now)
      const lanes = new Set([...all, ...changes].flatMap(({ from, to }) => [from, to]).filter(isInstance))
      const stories = new Map<string, Happening[]>()
      for (const { subject, happening } of withSubjects(all)) {
        stories.set(subject, [...(stories.get(subject) ?? []), happening])
      }
      return [...stories]
        .map(([id, story]) => toPicture(id, withChanges(story, changes), lanes, known))
        .filter((picture) => picture !== undefined)
        .reverse()
        .sort((a, b) => Number(a.title === BEGAN_EARLIER) - Number(b.title === BEGAN_EARLIER))
    },
  }
}

/** With the deaths and returns of instances near by. */
function withChanges(story: readonly Happening[], changes: readonly Happening[]): Happening[] {
  const [first, last] = [story[0]?.at ?? 0, story.at(-1)?.at ?? 0]
  const near = changes.filter(({ at }) => at > first - NEAR_MS && at < last + NEAR_MS)
  return [...story, ...near].sort((a, b) => a.at - b.at)
}

/** Each happening with each notification that it is about. A request belongs to what it led to. */
function withSubjects(all: readonly Happening[]) {
  const led = new Map<string, Set<string>>()
  for (const { call, ids } of all) {
    if (call === undefined) continue
    const known = led.get(call) ?? new Set()
    led.set(call, known)
    for (const id of ids) known.add(id)
  }
  return all.flatMap((happening) => {
    const { ids, call } = happening
    const linked = call === undefined ? [] : [...(led.get(call) ?? [])]
    const subjects = ids.length > 0 ? ids : linked.length > 0 ? linked : call === undefined ? [] : [call]
    return subjects.map((subject) => ({ subject, happening }))
  })
}

function toPicture(
  id: string,
  story: readonly Happening[],
  instances: ReadonlySet<string>,
  known: Known,
): Picture | undefined {
  const isNews = story.some(({ ids, label }) => ids.length > 0 || label === 'POST /notify')
  if (!isNews) return undefined
  const reachedAny = story.some(({ sockets, to }) => to === 'page' && sockets && sockets.length > 0)
  const arrows = story.flatMap((happening) => toArrows(id, happening, reachedAny, known))
  const used = new Set([...arrows.flatMap(({ from, to }) => [from, to]), ...instances, 'page'])
  const rank = (lane: string) => ORDER.findIndex((start) => lane.startsWith(start))
  const lanes = [...used].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  return { id, title: titleOf(story) ?? BEGAN_EARLIER, lanes, arrows }
}

function toArrows(id: string, happening: Happening, reachedAny: boolean, known: Known): Arrow[] {
  const { key, at, from, to, label, where = [], sent = '', lost = false, sockets } = happening
  const arrow = { key, at, from: String(from), to: String(to), label, where, sent, lost }
  if (from === 'page') return [{ ...arrow, from: isMine(happening, known) ? 'page' : 'others' }]
  if (to !== 'page') return [arrow]
  if (!sockets) return [{ ...arrow, to: isMine(happening, known) ? 'page' : 'others' }]
  if (sockets.length === 0) return reachedAny ? [] : [{ ...arrow, to: 'page', lost: true }]

  const arrived = known.received.find(({ text, at: when }) =>
    known.sockets.length === 0 ? text === sent && when > at - 500 : text.includes(id),
  )
  const isHere = known.sockets.length === 0 ? arrived !== undefined : isOurs(sockets, known)
  const others = sockets.length - (isHere ? 1 : 0)
  const isLost = !arrived && at > known.since && known.now - at > PATIENCE_MS
  const took = arrived ? `, shown after ${Math.max(0, Math.round(arrived.at - at))} ms` : ''
  return [
    ...(isHere ? [{ ...arrow, label: `${word(label)}${took}`, lost: isLost }] : []),
    ...(others > 0
      ? [{ ...arrow, key: `${key} others`, to: 'others', label: `${word(label)} to ${others}` }]
      : []),
  ]
}

/** "emitted to 2 sockets" is one arrow to this page and one to others. */
const word = (label: string) => label.replace(/ to \d+.*$/, '')

const isOurs = (sockets: readonly string[], known: Known) => sockets.some((id) => known.sockets.includes(id))

/** Whether this page was at that end. */
function isMine({ sockets, label, at, sent }: Happening, known: Known): boolean {
  if (sockets) return isOurs(sockets, known)
  const near = (from: number, to = from) => at > from - 1_000 && at < to + 1_000
  const posts = known.posts.filter(({ sentAt, answeredAt }) => near(sentAt, answeredAt))
  if (label.startsWith('POST')) return posts.some(({ path }) => label.endsWith(path))
  if (/^\d+$/.test(label)) return posts.length > 0
  return [...known.sent, ...known.received].some(({ text, at: when }) => text === sent && near(when))
}

/** What it says; undefined when only its end was heard. */
function titleOf(story: readonly Happening[]): string | undefined {
  for (const { sent = '' } of story) {
    const [, text] = /"(?:title|text)":\s*("(?:[^"\\]|\\.)*")/.exec(sent) ?? []
    if (text !== undefined) return String(JSON.parse(text))
  }
  const frame = story.find(({ sent, label }) => sent !== undefined && /^(received|echoed|pushed)/.test(label))
  const isPosted = story.some(({ label }) => label.startsWith('POST'))
  return frame?.sent?.slice(0, 60) ?? (isPosted ? 'a message' : undefined)
}

const isInstance = (lane: string) => lane.startsWith('instance:')

const NAMES: Record<string, string> = {
  page: 'this page',
  others: 'other pages',
  mongo: 'MongoDB',
  redis: 'Redis',
  push: 'push service',
  device: 'device',
}

export const nameOf = (lane: string) => NAMES[lane] ?? lane.replace('instance:', '')

/** Since the first thing that happened: "+0 ms", "+5.02 s". */
export function sinceFirst({ arrows: [first] }: Picture, at: number): string {
  const ms = Math.max(0, at - (first?.at ?? at))
  return ms < 1_000 ? `+${Math.round(ms)} ms` : `+${(ms / 1_000).toFixed(2)} s`
}
