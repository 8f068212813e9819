import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { startDatabase } from '../database.ts'
import { open, register, send, type Tab } from '../people.ts'

const SEEN = 3
/** More than fit into one packet. */
const AWAY = 105
const PACKET = 100
/** More than anybody asks the database to welcome one tab. */
const MOST_STEPS = 20

export async function check(attempt: Attempt): Promise<void> {
  const database = await startDatabase(attempt)
  const server = await attempt.start({ env: database.env })
  const alice = await register(attempt, server, 'Alice')
  const bob = await register(attempt, server, 'Bob')

  attempt.step(`Alice has a tab open, Bob sends ${SEEN}, and she says that she has seen them`)
  const tab = await open(attempt, server, alice)
  for (let n = 1; n <= SEEN; n++) await send(attempt, server, bob, alice, `text ${n}`)
  attempt.expect(await tab.gets(`text ${SEEN}`), 'Bob sent Alice something, and her open tab got nothing.')
  const seen = await tab.ask('notifications:seen', { upTo: SEEN })
  attempt.expect(
    seen?.ok && seen.data.upTo === SEEN,
    `Alice's tab sent notifications:seen { upTo: ${SEEN} }, and the answer was ${JSON.stringify(seen) ?? 'none'}. It is { ok: true, data: { upTo: ${SEEN} } }: what her screens have shown, the server remembers for the next one.`,
  )
  tab.leave()

  attempt.step(`Alice is away, and Bob sends ${AWAY}`)
  await many(AWAY, (n) => send(quiet(attempt), server, bob, alice, `away ${n}`))
  const end = SEEN + AWAY
  const ready = await open(attempt, server, alice, { after: SEEN })
  expectMissed(attempt, await caughtUp(ready), SEEN, end, `She came back saying that she has ${SEEN}`)
  const initial = ready.last('notifications:initial') as
    | { items?: { seq: number }[]; upTo?: number }
    | undefined
  const newest = initial?.items?.map(({ seq }) => seq).join(' ')
  attempt.expect(
    newest === Array.from({ length: 20 }, (_, index) => end - index).join(' ') && initial?.upTo === end,
    `Alice's tab connected, and notifications:initial had the numbers ${newest ?? 'of nothing'}, upTo ${initial?.upTo}. It has the newest 20, the newest first, and upTo is the end of her log, ${end}.`,
  )
  ready.leave()

  attempt.step('Alice opens a tab that remembers nothing')
  const fresh = await open(attempt, server, alice)
  expectMissed(
    attempt,
    await caughtUp(fresh),
    SEEN,
    end,
    `A tab without memory came; some tab had told notifications:seen { upTo: ${SEEN} }`,
  )
  const asked = await fresh.ask('notifications:fetch', { before: 10, limit: 4 })
  const fetched = (asked?.ok ? (asked.data.items as { seq: number }[]) : []).map(({ seq }) => seq).join(' ')
  attempt.expect(
    fetched === '9 8 7 6',
    `Alice's tab asked notifications:fetch { before: 10, limit: 4 }, and got ${fetched || JSON.stringify(asked)}. It gets 9 8 7 6: with that a page fills what is missing in between.`,
  )
  fresh.leave()

  for (let nth = 1, last = end; nth <= MOST_STEPS; nth++) {
    attempt.step(`a tab comes back, and one is sent while answer ${nth} of the database is on its way`)
    const name = `Alice/${nth}`
    const hold = database.holdStep(nth)
    const coming = open(quiet(attempt), server, alice, { after: last, name }).then(caughtUp)
    const isHeld = await Promise.race([hold.caught.then(() => true), coming.then(() => false)])
    if (!isHeld) {
      hold.release()
      break // it asked no more: every moment was tried
    }
    const sending = send(attempt, server, bob, alice, `meanwhile ${nth}`)
    // A program may also let the sender wait until the tab has come back.
    await Promise.race([sending, sleep(patience(1_000))])
    hold.release()
    const back = await coming
    const { notification } = await sending
    const after = await send(attempt, server, bob, alice, `after ${nth}`)
    attempt.expect(
      await back.gets(`after ${nth}`),
      `${name} is connected, and did not get what was sent last.`,
    )
    attempt.expect(
      back.got.some(({ seq }) => seq === notification.seq),
      `Alice came back while others sent, and something that is in her log reached that tab neither in notifications:missed nor as notification:new. It was stored after the log had been read, and emitted before the tab was in its room. In which order do these two leave no gap?`,
    )
    last = after.notification.seq ?? last
    back.leave()
  }
}

/** Waits until the last packet has come. */
async function caughtUp(tab: Tab): Promise<Tab> {
  const deadline = performance.now() + patience(6_000)
  while (tab.packets.at(-1)?.more !== false && performance.now() < deadline) await sleep(10)
  return tab
}

function expectMissed(attempt: Attempt, { packets }: Tab, from: number, to: number, done: string): void {
  const numbers = packets.flatMap(({ items }) => items.map(({ seq }) => seq))
  attempt.expect(
    numbers.length > 0,
    `Alice was away while ${from + 1} to ${to} were stored. ${done}, and got nothing as missed. Where would they be found?`,
  )
  attempt.expect(
    packets.every(({ items }) => items.length <= PACKET),
    `${done}, and got a packet of ${Math.max(...packets.map(({ items }) => items.length))}. Packets have at most ${PACKET}: somebody who was away for a month must not get all of it in one piece.`,
  )
  attempt.expect(
    numbers[0] === from + 1,
    `${done}, and what she got as missed begins with ${numbers[0]}. It begins with ${from + 1}, the first that she has not seen.`,
  )
  attempt.expect(
    numbers.length === to - from && numbers.every((seq, index) => seq === from + 1 + index),
    `${done}, the log ends with ${to}, and she got ${numbers.length} as missed, up to ${numbers.at(-1)}. It is all of them, each once, the oldest first, in as many packets as it takes.`,
  )
  const last = packets.at(-1)
  attempt.expect(
    last?.more === false && last.upTo === to && packets.slice(0, -1).every(({ more }) => more),
    `${done}, and the last packet says more: ${last?.more}, upTo: ${last?.upTo}. more is true until the last packet, and upTo is the number up to which a page has everything then: ${to}.`,
  )
}

async function many(count: number, act: (n: number) => Promise<unknown>): Promise<void> {
  let n = 0
  const worker = async () => {
    while (n < count) await act(++n)
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}

/** Without a line on the wire for each of many. */
const quiet = (attempt: Attempt): Attempt => ({ ...attempt, saw: () => undefined })
