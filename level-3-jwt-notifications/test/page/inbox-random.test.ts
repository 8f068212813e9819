import { expect, it } from 'vitest'
import { type Between, createInbox, type Inbox } from '../../client/inbox.ts'
import type { Notification } from '../../src/events.ts'
import { made } from '../support/made.ts'

it('loses and repeats nothing in a thousand lives with cuts, gaps and overtaking', () => {
  for (let seed = 1; seed <= 1_000; seed++) live(seed)
})

/** One tab's life against a model of the server: connections are cut anywhere, live ones overtake each other. */
function live(seed: number): void {
  const chance = random(seed)
  const upTo = (most: number) => Math.floor(chance() * (most + 1))
  /** How often each was announced, live or as missed. */
  const announced = new Map<number, number>()
  const announce = ({ seq }: Notification) => void announced.set(seq, (announced.get(seq) ?? 0) + 1)
  const inbox = createInbox({ onChange: () => undefined, onNew: announce })
  const log = new Map<number, Notification>()
  let end = 0
  let underWay: (() => void)[] = []
  let connected = false

  const say = (message: () => void) => connected && underWay.push(message)
  const store = () => {
    const notification = made(++end)
    log.set(end, notification)
    return notification
  }
  const emit = (notification: Notification) => {
    // Two instances may emit in another order than they stored.
    const place = Math.max(0, underWay.length - upTo(2))
    if (connected && place > 2) underWay.splice(place, 0, () => inbox.live(notification))
    else say(() => inbox.live(notification))
  }
  const remove = () => {
    const seq = 1 + upTo(end)
    if (log.delete(seq)) say(() => inbox.deleted({ id: `n${seq}`, seq }))
  }
  const newestFirst = () => [...log.values()].sort((a, b) => b.seq - a.seq)
  let delivered = 0
  const connect = () => {
    underWay = []
    connected = true
    inbox.connecting()
    const after = inbox.cursor ?? delivered
    // Stored while the server welcomes this tab: in the snapshot and live, in either order, or live only.
    const [before, during, later] = [chance() < 0.2, chance() < 0.2, chance() < 0.2]
    if (before) emit(store())
    const both = during ? store() : undefined
    const snapshot = { items: newestFirst().slice(0, 20), unread: log.size, upTo: end }
    say(() => fetch(inbox.initial(snapshot), () => undefined))
    if (both) emit(both)
    if (later) emit(store())
    for (let from = after; ; from += 3) {
      const packet = newestFirst().filter(({ seq }) => seq > from && seq <= from + 3)
      const more = from + 3 < end
      const packetEnd = more ? from + 3 : end
      say(() => inbox.missed({ items: packet.reverse(), more, upTo: packetEnd }).forEach(announce))
      if (!more) break
    }
  }
  const fetch = (part: Between | undefined, onNew: (notification: Notification) => void) => {
    if (!part) return
    const items = newestFirst().filter(({ seq }) => seq > part.after && seq < part.before)
    say(() => inbox.stretch({ from: part.after + 1, to: part.before - 1, items }).forEach(onNew))
  }
  const receive = () => {
    underWay.shift()?.()
    if (underWay.length === 0) fetch(inbox.gap(), announce)
    nothingIsLost(inbox, log, delivered)
  }

  for (let n = upTo(30); n > 0; n--) emit(store())
  delivered = upTo(end)
  for (let step = 0; step < 150; step++) {
    const dice = chance()
    if (!connected && dice < 0.3) connect()
    else if (dice < 0.04) connected = false
    else if (dice < 0.3) emit(store())
    else if (dice < 0.35) remove()
    else if (connected) receive()
  }
  connect()
  while (underWay.length > 0) receive()

  expect(inbox.cursor).toBe(end)
  expect(inbox.list().map(({ seq }) => seq)).toEqual(
    newestFirst()
      .map(({ seq }) => seq)
      .filter((seq) => seq >= inbox.floor),
  )
  expect([...announced.values()].filter((times) => times > 1)).toEqual([])
  for (const seq of log.keys())
    expect([seq, announced.get(seq)]).toEqual([seq, seq > delivered ? 1 : undefined])
}

/** Up to its cursor, a tab has everything that exists and that was not delivered before it was opened. */
function nothingIsLost(inbox: Inbox<Notification>, log: Map<number, Notification>, delivered: number): void {
  const here = new Set(inbox.list().map(({ seq }) => seq))
  expect(here.size).toBe(inbox.list().length)
  for (const seq of log.keys()) {
    if (seq > delivered && seq <= (inbox.cursor ?? 0) && !here.has(seq)) {
      throw new Error(`number ${seq} is lost behind the cursor ${inbox.cursor}`)
    }
  }
}

/** Always the same numbers for the same seed, so that a failure can be repeated (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
