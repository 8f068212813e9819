import { setTimeout as sleep } from 'node:timers/promises'
import { residentBytes } from '@levels/shared/bench/process-use.ts'
import { openRawSocket, type RawSocket } from '@levels/shared/bench/raw-socket.ts'
import { verdict } from '@levels/shared/bench/verdict.ts'
import type { Services } from './services.ts'
import { logIn } from './sign-in.ts'

/** How many, and within what time a notification to everyone has reached the last of them, in milliseconds. */
const CROWDS: [sockets: number, maxBroadcastMs: number][] = [
  [1_000, 100],
  [10_000, 600],
]
const AT_ONCE = 50
const MAX_KIB = 20
/** When the heap has settled by itself: no collection is forced. */
const SETTLE_MS = 60_000

/** Many idle signed-in sockets on one instance: what they cost, and how soon a message reaches the last of them. */
export async function benchIdleSockets(services: Services): Promise<void> {
  const app = await services.start('bench/instance.ts')
  const tokens = await Promise.all(['alice', 'bob', 'admin'].map((username) => logIn(app.url, username)))
  const before = residentBytes(app.pid)
  const sockets: RawSocket[] = []
  for (const [count, maxBroadcastMs] of CROWDS) {
    const started = performance.now()
    const first = sockets.length
    while (sockets.length < count) {
      const batch = Array.from({ length: AT_ONCE }, (_, index) =>
        connect(app.url, tokens[index % tokens.length] ?? ''),
      )
      sockets.push(...(await Promise.all(batch)))
    }
    const seconds = (performance.now() - started) / 1_000
    console.log(`${count - first} more signed-in sockets connected in ${seconds.toFixed(1)} s`)
    const ms = await broadcast(app.url, tokens[2] ?? '', sockets)
    console.log(
      `a broadcast reached all ${count} in ${ms.toFixed(0)} ms ` +
        `(at most ${maxBroadcastMs}: ${verdict(ms <= maxBroadcastMs)})`,
    )
  }
  await sleep(SETTLE_MS)
  const kib = (residentBytes(app.pid) - before) / 1_024 / sockets.length
  console.log(
    `${sockets.length} idle signed-in sockets, ${SETTLE_MS / 1_000} s later: ${kib.toFixed(1)} KiB each ` +
      `(at most ${MAX_KIB}: ${verdict(kib <= MAX_KIB)})`,
  )
  for (const socket of sockets) socket.close()
  await app.stop()
}

/** From the admin's POST to the last receipt, in milliseconds. */
export async function broadcast(url: string, token: string, sockets: readonly RawSocket[]): Promise<number> {
  const received = Promise.all(sockets.map((socket) => socket.heard('notification:new')))
  const sent = performance.now()
  await fetch(`${url}/api/notifications`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ to: '*', type: 'system', title: 'To all', message: 'Hello everybody' }),
  })
  await received
  return performance.now() - sent
}

/** A socket that is signed in and has been told what it missed. */
export async function connect(url: string, token: string): Promise<RawSocket> {
  const socket = await openRawSocket(url, { token })
  await socket.heard('notifications:missed')
  return socket
}
