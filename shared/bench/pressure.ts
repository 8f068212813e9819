import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { WebSocket } from 'ws'
import { type Level, levels } from '../cli/levels.ts'
import { startProgram } from '../testing/process.ts'

/** How long peers lean on the server, in milliseconds. */
const PRESSURE_MS = 5_000
const SLOW_READERS = 10

/** What peers do, and how many of them. */
const PRESSURES = [
  { kind: 'pings', peers: 1, says: 'pings whose answers nobody reads' },
  { kind: 'slow', peers: SLOW_READERS, says: `${SLOW_READERS} readers that read nothing` },
  { kind: 'flood', peers: 1, says: 'a flood of messages' },
] as const

/** `npm run bench pressure`: what each level's server holds when somebody leans on it, and what others notice. */
export async function bench(): Promise<void> {
  console.log(`each ${PRESSURE_MS / 1_000} s, on a server of its own`)
  for (const level of levels) for (const pressure of PRESSURES) await measure(level, pressure)
}

async function measure(level: Level, { kind, peers, says }: (typeof PRESSURES)[number]): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'pressure-'))
  const server = startProgram([path.join(level.dir, 'src', 'main.ts')], {
    env: { PORT: '0', DATA_DIR: dataDir },
  })
  try {
    const url = await server.url()
    const other = await openOther(level, url)
    for (let trip = 0; trip < 20; trip++) await other.roundTrip() // until its code is compiled
    const before = residentBytes(server.pid)
    let peak = before
    const leaning = Promise.all(Array.from({ length: peers }, (_, n) => lean(level, url, kind, n)))
    const trips: number[] = []
    const until = performance.now() + PRESSURE_MS
    const flooding = kind === 'slow' && level.number === 2 ? notifyAll(url, until) : undefined
    while (performance.now() < until) {
      trips.push(await other.roundTrip())
      peak = Math.max(peak, residentBytes(server.pid))
      await sleep(60) // below the limit of 20 events a second
    }
    const ends = await leaning
    await flooding
    other.close()
    const sent = ends.reduce((sum, end) => sum + end.sent, 0)
    console.log(
      `level ${level.number}, ${says}: ${sent.toLocaleString('en')} sent, ${ends.filter(({ cut }) => cut).length} of ` +
        `${peers} cut; memory +${((peak - before) / 1_048_576).toFixed(0)} MiB; ` +
        `others' round trip p95 ${percentile(trips, 0.95).toFixed(0)} ms of ${trips.length}`,
    )
  } finally {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
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
  n: number,
): Promise<{ sent: number; cut: boolean }> {
  const auth = await authOf(level, url, `peer-${n}`, 'bob')
  const worker = new Worker(new URL('./pressure-peer.js', import.meta.url), {
    workerData: { kind, level: level.number, url: socketUrl(level, url), auth, ms: PRESSURE_MS },
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
async function authOf(level: Level, url: string, name: string, username: string): Promise<object> {
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

/** The memory that a process holds (Linux: /proc), in bytes. */
function residentBytes(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1_024
}

function percentile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN
}
