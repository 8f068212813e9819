import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { type WebSocket, WebSocketServer } from 'ws'

interface PageFile {
  connect(url: string, onMessage: (data: unknown) => void): { send(data: string): boolean; close(): void }
}

/** How many times faster than the real one the page's clock runs here. */
const SPEED = 100
/** After so many failures the delay grows no more: 0.5 s, 1, 2, 4, 8, then 15. */
const FULL_AFTER = 5
const FAILURES = 10
const NAMES = ['Alice', 'Bob', 'Carol']

export async function check(attempt: Attempt): Promise<void> {
  const server = await startServer(attempt)
  const clock = hurry(attempt)
  const { connect } = await attempt.load<PageFile>('connect')
  const shown: Record<string, unknown[]> = { Alice: [], Bob: [], Carol: [] }
  const pages = NAMES.map((name) =>
    connect(`${server.url}/${name}`, (data) => {
      attempt.saw(`${name}'s page shows ${JSON.stringify(data)}`)
      shown[name]?.push(data)
    }),
  )
  attempt.defer(() => {
    for (const page of pages) page.close()
  })

  attempt.step('three pages connect, and something is pushed')
  attempt.expect(
    await until(() => server.open() === 3),
    'Three pages called connect, and not all of them are connected.',
  )
  server.push('first')
  attempt.expect(
    await until(() => NAMES.every((name) => shown[name]?.at(-1) === 'first')),
    'Something was pushed, and a page did not hand it to onMessage.',
  )

  attempt.step('the server is gone, and takes no connection')
  clock.delays.length = 0
  server.refuse(true)
  const tried = await until(() => NAMES.every((name) => server.attempts(name) > FAILURES), 8_000)
  attempt.expect(
    server.attempts('Alice') > 1,
    "The connection was lost, and Alice's page did not try again. A browser gives you one connection; the next one is yours to open, when the socket says close.",
  )
  server.refuse(false)
  const back = await until(() => server.open() >= 3, 3_000)
  const delays = clock.delays.slice(0, 3 * FAILURES)
  const late = delays.slice(3 * FULL_AFTER)
  const longest = Math.max(...delays)
  attempt.expect(
    longest <= 15_000,
    `A page waited ${Math.round(longest)} ms before it tried again. 15,000 is the longest: nobody looks at a dead page for longer.`,
  )
  const early = Math.max(...delays.slice(0, 3))
  attempt.expect(
    early <= 500,
    `A page waited ${Math.round(early)} ms before its first attempt. The first delay is at most 500 ms: most connections are back at once.`,
  )
  await sleep(50)
  attempt.expect(
    server.open() <= 3,
    `Alice's page opened two connections where one was lost: three pages, ${server.open()} connections. An attempt that fails says error and then close; whoever listens to both tries twice, and twice as often each time.`,
  )
  attempt.expect(
    tried && back,
    'The server was away for a while and took connections again, and a page did not come back. It tries until it succeeds.',
  )
  attempt.expect(
    Math.max(...late) > 3_000,
    `The server was away for long, and after ${FULL_AFTER} failures the pages still tried again within ${Math.round(Math.max(...late))} ms. Each failure doubles the longest delay, up to 15 s: a server that is in trouble needs fewer visitors, not more.`,
  )
  attempt.expect(
    Math.max(...late) - Math.min(...late) > 3_000,
    'Three pages lost the server at once and tried again in the same instant, each time. A thousand pages would all come back in that instant, and the server would fall over again. Any time between 0 and the longest delay, by chance, spreads them.',
  )

  attempt.step('back again, something is pushed, and the connections are lost once more')
  server.push('second')
  attempt.expect(
    await until(() => NAMES.every((name) => shown[name]?.at(-1) === 'second')),
    'A page came back, and what was pushed then did not reach onMessage. The new socket needs the listeners of the old one.',
  )
  attempt.expect(
    pages[0]?.send('still here') === true && (await until(() => server.heard.includes('Alice: still here'))),
    "Alice's page came back, and send() sent nothing. It must use the new socket.",
  )
  clock.delays.length = 0
  server.cut()
  attempt.expect(
    await until(() => server.open() === 3),
    'The connections were lost a second time, and a page did not come back.',
  )
  const again = Math.max(...clock.delays)
  attempt.expect(
    again <= 500,
    `After a success the connection was lost again, and a page waited up to ${Math.round(again)} ms. A success ends the count of failures: the first delay is at most 500 ms again.`,
  )

  attempt.step('Alice closes her connection; Bob closes his while he waits')
  pages[0]?.close()
  server.refuse(true)
  pages[1]?.close()
  const before = server.attempts('Alice') + server.attempts('Bob')
  // Carol has lost hers, too, and stays: when she has tried so often, they would have tried as well.
  await until(() => server.attempts('Carol') > FAILURES)
  attempt.expect(
    server.attempts('Alice') + server.attempts('Bob') === before,
    'Alice and Bob called close(), and a page tried to connect again. Whoever leaves on purpose does not come back.',
  )
}

/** A server that can refuse, drop and push, and counts who asks. */
async function startServer(attempt: Attempt) {
  const sockets = new WebSocketServer({ noServer: true })
  const http = createServer()
  const counts = new Map<string, number>()
  const heard: string[] = []
  let refusing = false
  http.on('upgrade', (req, socket: Socket, head) => {
    const name = req.url?.slice(1) ?? ''
    counts.set(name, (counts.get(name) ?? 0) + 1)
    socket.on('error', () => socket.destroy())
    if (refusing) return socket.destroy()
    sockets.handleUpgrade(req, socket, head, (opened: WebSocket) => {
      attempt.saw(`${name} → connected`)
      opened.on('message', (data) => heard.push(`${name}: ${data}`))
      opened.on('error', () => undefined) // it is cut on purpose
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  attempt.defer(() => http.close())
  attempt.defer(cut)

  function cut(): void {
    attempt.saw('all connections are cut')
    for (const socket of sockets.clients) socket.terminate()
  }
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    heard,
    cut,
    open: () => sockets.clients.size,
    attempts: (name: string) => counts.get(name) ?? 0,
    push(text: string) {
      for (const socket of sockets.clients) socket.send(text)
    },
    /** While it refuses, nobody is connected and nobody gets in. */
    refuse(yes: boolean) {
      refusing = yes
      if (!yes) return attempt.saw('the server takes connections again')
      counts.clear()
      cut()
    },
  }
}

/** Makes the page's timers run faster and notes the delays that it asked for: 15 s is long for somebody who learns. */
function hurry(attempt: Attempt): { delays: number[] } {
  const delays: number[] = []
  const { setTimeout: real } = globalThis
  attempt.defer(() => {
    globalThis.setTimeout = real
  })
  const fast = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    // ws, which is the page's WebSocket on Node 20, waits 30 s for the answer to a goodbye.
    if (ms === 30_000) return real(callback, ms, ...args).unref()
    delays.push(ms)
    return real(callback, ms / SPEED, ...args)
  }
  globalThis.setTimeout = Object.assign(fast, real) as typeof real
  return { delays }
}

async function until(condition: () => boolean, withinMs = 3_000): Promise<boolean> {
  const deadline = performance.now() + patience(withinMs)
  while (!condition() && performance.now() < deadline) await sleep(5)
  return condition()
}
