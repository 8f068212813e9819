import path from 'node:path'
import { type Kind, type MeasuredServer, median, withServer } from '@levels/shared/bench/compare.ts'
import type { ServerToClientEvents } from '../src/events.ts'
import { heard, makeUsers, openSocket, post } from './client.ts'
import { type Inbox, openInbox } from './inbox.ts'

const SERVERS = path.join(import.meta.dirname, 'servers.ts')
const ONE_AT_A_TIME = 500
const IN_FLIGHT = 16
const BURST = 300
const BURSTS = 9
const CROWD = 1_000

/** `npm run bench 3`: the level against the least server on the same database, and what it promises in seconds. */
export async function bench(): Promise<void> {
  // Both at once and by turns: whatever else this machine does meanwhile hits both alike.
  await withServer(SERVERS, 'bare', (bare) =>
    withServer(SERVERS, 'level', async (level) => {
      const inboxes = { bare: await openInbox(bare), level: await openInbox(level) }
      await compareRates(inboxes) // first, so that both have compiled their code before each request is timed
      await compareLatency(inboxes)
      for (const inbox of Object.values(inboxes)) inbox.close()
    }),
  )
  await promise('1,000 missed notifications delivered on reconnecting', 1, measureMissed)
  await promise('1,000 sockets signed in and connected', 10, async (server) => {
    const { sockets, seconds } = await connectCrowd(server)
    for (const socket of sockets) socket.disconnect()
    return seconds
  })
  await promise('a broadcast to 1,000 online users, until all have it', 3, measureBroadcast)
}

async function compareLatency(inboxes: Record<Kind, Inbox>): Promise<void> {
  const samples: Record<Kind, number[]> = { bare: [], level: [] }
  for (let n = 0; n < ONE_AT_A_TIME; n++) {
    for (const kind of kinds(n)) {
      const started = performance.now()
      const receipt = inboxes[kind].received(1)
      await inboxes[kind].notify()
      samples[kind].push(((await receipt) - started) * 1_000)
    }
  }
  const [level, bare] = [median(samples.level), median(samples.bare)]
  report(
    'µs from POST to receipt at the client, one at a time, p50',
    { level, bare },
    'at most 2',
    level / bare <= 2,
  )
}

async function compareRates(inboxes: Record<Kind, Inbox>): Promise<void> {
  const seconds: Record<Kind, number[]> = { bare: [], level: [] }
  const processorTime = { bare: 0, level: 0 }
  for (let n = -2; n < BURSTS; n++) {
    for (const kind of kinds(n)) {
      const before = { time: performance.now(), processorTime: await inboxes[kind].processorTime() }
      await burst(inboxes[kind])
      if (n < 0) continue // warming up
      seconds[kind].push((performance.now() - before.time) / 1_000)
      processorTime[kind] += (await inboxes[kind].processorTime()) - before.processorTime
    }
  }
  const rates = { level: BURST / median(seconds.level), bare: BURST / median(seconds.bare) }
  const what = `notifications/s with ${IN_FLIGHT} in flight, from POST to receipt`
  report(what, rates, 'at least 0.5', rates.level / rates.bare >= 0.5)
  // The same without the noise: what else runs on this machine takes no processor time of the server's.
  const all = BURST * BURSTS
  const perSecond = { level: all / processorTime.level, bare: all / processorTime.bare }
  report(
    'notifications per second of processor time',
    perSecond,
    'at least 0.5',
    perSecond.level / perSecond.bare >= 0.5,
  )
}

async function burst(inbox: Inbox): Promise<void> {
  const all = inbox.received(BURST)
  let sent = 0
  const worker = async () => {
    while (sent++ < BURST) await inbox.notify()
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  await all
}

/** Who goes first changes: the first finds a cooler processor. */
function kinds(round: number): Kind[] {
  return round % 2 === 0 ? ['bare', 'level'] : ['level', 'bare']
}

function report(what: string, { level, bare }: Record<Kind, number>, wanted: string, isMet: boolean): void {
  const show = (value: number) => Math.round(value).toLocaleString('en')
  console.log(
    `${what}: level ${show(level)}, bare ${show(bare)}, ratio ${(level / bare).toFixed(2)} (${wanted}: ${isMet ? 'met' : 'MISSED'})`,
  )
}

async function measureMissed(server: MeasuredServer): Promise<number> {
  const { token, notify, close } = await openInbox(server)
  close() // the socket; its user goes on getting notifications
  for (let n = 0; n < 1_000; n += 50) await Promise.all(Array.from({ length: 50 }, notify))
  const socket = openSocket(server.port, { token, after: 0 })
  const started = performance.now()
  let received = 0
  await new Promise<void>((resolve) => {
    socket.on(
      'notifications:missed',
      ({ items, more }: Parameters<ServerToClientEvents['notifications:missed']>[0]) => {
        received += items.length
        if (!more) resolve()
      },
    )
    socket.connect()
  })
  const seconds = (performance.now() - started) / 1_000
  socket.disconnect()
  if (received !== 1_000) throw new Error(`${received} instead of 1,000`)
  return seconds
}

/** Everyone connects at once; done when the last one has caught up. */
async function connectCrowd(server: MeasuredServer) {
  const tokens = await makeUsers(server, CROWD)
  const sockets = tokens.map((token) => openSocket(server.port, { token }))
  const started = performance.now()
  await Promise.all(
    sockets.map((socket) => {
      const ready = heard(socket, 'notifications:missed')
      socket.connect()
      return ready
    }),
  )
  return { tokens, sockets, seconds: (performance.now() - started) / 1_000 }
}

async function measureBroadcast(server: MeasuredServer): Promise<number> {
  const { tokens, sockets } = await connectCrowd(server)
  const [admin = ''] = tokens
  const everyone = Promise.all(sockets.map((socket) => heard(socket, 'notification:new')))
  const started = performance.now()
  await post(server.port, '/api/notifications', { to: '*', title: 'To all', message: 'of you' }, admin)
  await everyone
  const seconds = (performance.now() - started) / 1_000
  for (const socket of sockets) socket.disconnect()
  return seconds
}

/** Measures three times and prints the median beside what was promised, in seconds. */
async function promise(what: string, atMost: number, measure: (server: MeasuredServer) => Promise<number>) {
  const seconds: number[] = []
  for (let round = 0; round < 3; round++) seconds.push(await withServer(SERVERS, 'level', measure))
  const typical = median(seconds)
  const verdict = typical <= atMost ? 'met' : 'MISSED'
  console.log(`${what}: ${typical.toFixed(2)} s (at most ${atMost}: ${verdict})`)
}
