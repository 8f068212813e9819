import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { WebSocket } from 'ws'
import { type Level, levels } from '../cli/levels.ts'
import { startProgram } from '../testing/process.ts'
import { residentBytes } from './process-use.ts'
import { verdict } from './verdict.ts'

/**
 * How long peers lean on the server, in milliseconds. Twice: the first time its code is compiled and its heap grows to what
 * this pressure takes; what grows the second time, too, would go on growing.
 */
const PRESSURE_MS = 5_000
const SLOW_READERS = 10

/** What one connection may cost the server, in MiB, and the others' longest wait, in milliseconds. */
const MAX_GROWTH_MIB = 32
const MAX_WAIT_MS = 250
/** Between two round trips of the others, in milliseconds: below the limit of 20 events a second. */
const BETWEEN_TRIPS_MS = 60

/** `npm run bench pressure`: what each level's server holds when somebody leans on it, and what others notice. */
export const parts = {
  pings: () => measureAll('pings', 1, 'pings whose answers nobody reads'),
  // For each of them 1 MiB may wait.
  slow: () =>
    measureAll(
      'slow',
      SLOW_READERS,
      `${SLOW_READERS} readers that read nothing`,
      MAX_GROWTH_MIB + SLOW_READERS,
    ),
  flood: () => measureAll('flood', 1, 'a flood of messages'),
}

type Kind = keyof typeof parts

async function measureAll(kind: Kind, peers: number, says: string, maxMib = MAX_GROWTH_MIB): Promise<void> {
  for (const level of levels) await measure(level, { kind, peers, says, maxMib })
}

interface Pressure {
  kind: Kind
  peers: number
  says: string
  maxMib: number
}

async function measure(level: Level, { kind, peers, says, maxMib }: Pressure): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'pressure-'))
  const server = startProgram([path.join(level.dir, 'src', 'main.ts')], {
    env: { PORT: '0', DATA_DIR: dataDir },
  })
  try {
    const url = await server.url()
    await (await fetch(url)).text() // the page: in development, its tools are loaded when it is first asked for
    const other = await openOther(level, url)
    if (kind === 'slow' && level.number > 2) await fillLog(url)
    // Signed in ahead: hashing a password takes 32 MiB for a moment. By other names than in the warm-up, which level 2 keeps.
    const [warmers, leaners] = await Promise.all(
      ['warm', 'peer'].map((name) =>
        Promise.all(Array.from({ length: peers }, (_, n) => authOf(level, url, `${name}-${n}`, 'bob'))),
      ),
    )
    const leanFor = async (ms: number, auths: object[] = []) => {
      const started = performance.now()
      const leaning = Promise.all(auths.map((auth) => lean(level, url, kind, auth, ms)))
      const notifying = kind === 'slow' && level.number === 2 ? notifyAll(url, started + ms) : undefined
      const trips: number[] = []
      const health: number[] = []
      let peak = 0
      while (performance.now() < started + ms) {
        trips.push(await other.roundTrip())
        health.push(await timeOf(() => fetch(`${url}/healthz`).then((response) => response.text())))
        peak = Math.max(peak, residentBytes(server.pid))
        await sleep(BETWEEN_TRIPS_MS)
      }
      const ends = await leaning
      await notifying
      return { ends, trips, health, peak }
    }
    await leanFor(PRESSURE_MS, warmers)
    const before = residentBytes(server.pid)
    const { ends, trips, health, peak } = await leanFor(PRESSURE_MS, leaners)
    other.close()
    const growth = (peak - before) / 1_048_576
    const p95 = percentile(trips, 0.95)
    const worst = Math.max(...health)
    const sent = ends.reduce((sum, end) => sum + end.sent, 0)
    console.log(
      `level ${level.number}, ${says} for ${PRESSURE_MS / 1_000} s: ${sent.toLocaleString('en')} sent, ` +
        `${ends.filter(({ cut }) => cut).length} of ${peers} cut\n` +
        `  memory +${growth.toFixed(0)} MiB (at most ${maxMib}: ${verdict(growth <= maxMib)}); ` +
        `others' round trip p95 ${p95.toFixed(0)} ms (at most ${MAX_WAIT_MS}: ${verdict(p95 <= MAX_WAIT_MS)}); ` +
        `/healthz at worst ${worst.toFixed(0)} ms (at most ${MAX_WAIT_MS}: ${verdict(worst <= MAX_WAIT_MS)})`,
    )
  } finally {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** From level 3 on, readers ask for pages of their log: it holds as much as they may send themselves in a minute. */
async function fillLog(url: string): Promise<void> {
  const { token } = await authOf({ number: 3 }, url, '', 'bob')
  const body = JSON.stringify({ to: 'me', title: 'Long', message: '€'.repeat(2_000) })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  for (let n = 0; n < 60; n++) {
    const { status } = await fetch(`${url}/api/notifications`, { method: 'POST', headers, body })
    if (status !== 201) throw new Error(`not stored: ${status}`)
  }
}

/** Level 2 lets nobody ask for much, but any program may push to everyone: 6 KB each. */
async function notifyAll(url: string, until: number): Promise<void> {
  const body = JSON.stringify({ text: '€'.repeat(2_000) })
  const headers = { 'content-type': 'application/json' }
  while (performance.now() < until) await fetch(`${url}/notify`, { method: 'POST', headers, body })
}

/** Resolves with what the peer sent, and whether the server cut it. */
async function lean(
  level: Level,
  url: string,
  kind: string,
  auth: object,
  ms: number,
): Promise<{ sent: number; cut: boolean }> {
  const worker = new Worker(new URL('./pressure-peer.js', import.meta.url), {
    workerData: { kind, level: level.number, url: socketUrl(level, url), auth, ms },
  })
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
}

/** Somebody who does nothing wrong: sends one thing, and waits for its answer. */
async function openOther(level: Level, url: string) {
  const auth = await authOf(level, url, 'other', 'alice')
  const socket = new WebSocket(socketUrl(level, url), { perMessageDeflate: false })
  let answered: (() => void) | undefined
  const ready = new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    if (level.number === 1) socket.on('open', () => resolve())
    socket.on('message', (data) => {
      const text = String(data)
      if (level.number === 1 || text.startsWith('43'))
        answered?.() // the echo, or an acknowledgement
      else if (text.startsWith('0')) socket.send(`40${JSON.stringify(auth)}`)
      else if (text.startsWith('40')) resolve()
      else if (text.startsWith('44')) reject(new Error(`refused: ${text}`))
      else if (text === '2') socket.send('3')
    })
  })
  await ready
  const event = level.number === 2 ? ['typing', {}] : ['notifications:seen', { upTo: 0 }]
  return {
    /** From sending to the answer, in milliseconds. */
    async roundTrip(): Promise<number> {
      const sent = performance.now()
      const answer = new Promise<void>((resolve) => {
        answered = resolve
      })
      socket.send(level.number === 1 ? 'hello' : `421${JSON.stringify(event)}`)
      await answer
      return performance.now() - sent
    },
    close: () => socket.terminate(),
  }
}

/** What a socket says of itself: a name at level 2; from level 3 on, the token of a user that development seeds. */
async function authOf(
  level: Pick<Level, 'number'>,
  url: string,
  name: string,
  username: string,
): Promise<{ username: string; token?: never } | { token: string }> {
  if (level.number < 3) return { username: name }
  const response = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: 'password123' }),
  })
  const { accessToken } = (await response.json()) as { accessToken: string }
  return { token: accessToken }
}

function socketUrl(level: Level, url: string): string {
  const base = url.replace('http', 'ws')
  return level.number === 1 ? `${base}/ws` : `${base}/socket.io/?EIO=4&transport=websocket`
}

function percentile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN
}
