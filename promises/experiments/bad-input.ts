import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena, Experiment } from '../arena.ts'
import type { Page, Person } from '../dialects/dialect.ts'
import type { Level3Person } from '../dialects/level-3.ts'
import { type Call, call, NoAnswer } from '../http.ts'
import { openRaw } from './raw-socket.ts'

/** Garbage at every door. Each is answered (not with a 5xx) or cut, and a page beside it gets the next notification. */
export const badInput: Experiment = async (arena) => {
  const bob = await arena.person('bob')
  const ann = await arena.person('ann')
  const witness = await bob.openPage()
  const wrong: string[] = []
  const tricks = [...(await httpTricks(arena)), ...socketTricks(arena), ...bytes(arena)]
  for (const { what, run } of tricks) {
    const outcome = await run().catch((error: Error) => error.message)
    if (outcome !== undefined) wrong.push(`${what}: ${outcome}`)
  }
  const noticed = await serves(arena, ann, bob, witness)
  if (noticed) wrong.push(noticed)
  const evidence = `${tricks.length} kinds of garbage: ${tricks.length - wrong.length} answered or cut; the page beside it stayed and got ${noticed ? 'nothing' : 'the next one'}`
  const isKept = wrong.length === 0
  return {
    verdict: isKept ? 'kept' : 'broken',
    evidence: isKept ? evidence : `${evidence}; ${wrong.slice(0, 3).join('; ')}`,
  }
}

/** What the witness noticed: nothing, when its connection held and it shows the next notification. */
async function serves(arena: Arena, ann: Person, bob: Person, witness: Page): Promise<string | undefined> {
  const wasCut = arena.history.entries.some(
    ({ who, note }) => who === witness.name && note?.includes('(disconnected'),
  )
  const text = arena.text(ann, 'last')
  await ann.send(arena.to(bob), text)
  if (!(await witness.shows(text))) return 'the page beside it did not get the next notification'
  return wasCut || !witness.isConnected ? 'the page beside it lost its connection' : undefined
}

interface Trick {
  what: string
  /** Resolves with what is wrong about the answer; with nothing when it was answered or cut. */
  run(): Promise<string | undefined>
}

async function httpTricks(arena: Arena): Promise<Trick[]> {
  const [url] = arena.stage.urls
  const refused = (what: string, path: string, options: Call): Trick => ({
    what,
    async run() {
      try {
        const { status } = await call(url + path, { method: 'POST', ...options })
        return status >= 400 && status < 500 ? undefined : `answered with ${status}`
      } catch (error) {
        return error instanceof NoAnswer && /reset|hang up|EPIPE/i.test(error.message)
          ? undefined
          : (error as Error).message
      }
    },
  })
  const json = { 'content-type': 'application/json' }
  if (arena.level === 1) {
    return [
      refused('an empty notification', '/notify', { body: '' }),
      refused('1,025 characters', '/notify', { body: 'x'.repeat(1_025) }),
      refused('a megabyte', '/notify', { body: 'x'.repeat(1_048_576) }),
      refused('no UTF-8', '/notify', { body: Buffer.from([0xff, 0xfe, 0x80]) }),
      refused('GET', '/notify', { method: 'GET' }),
    ]
  }
  if (arena.level === 2) {
    return [
      refused('no JSON', '/notify', { headers: json, body: '{"text":' }),
      refused('another type', '/notify', { headers: { 'content-type': 'text/plain' }, body: 'hello' }),
      refused('no text', '/notify', { body: {} }),
      refused('a number as text', '/notify', { body: { text: 7 } }),
      refused('2,001 characters', '/notify', { body: { text: 'x'.repeat(2_001) } }),
      refused('a list as recipient', '/notify', { body: { text: 'x', to: ['bob'] } }),
      refused('__proto__ as recipient', '/notify', { body: { text: 'x', to: '__proto__' } }),
      refused('a megabyte', '/notify', { body: { text: 'x'.repeat(1_048_576) } }),
    ]
  }
  const { token } = (await arena.person('eve')) as Level3Person
  const headers = { authorization: `Bearer ${token}` }
  const login = '/api/auth/login'
  return [
    refused('no JSON', login, { headers: json, body: '{"username":' }),
    refused('an operator as username', login, { body: { username: { $gt: '' }, password: { $gt: '' } } }),
    refused('a list as username', login, { body: { username: ['bob'], password: 'password123' } }),
    refused('an operator as cookie', '/api/auth/refresh', {
      headers: { cookie: 'refresh_token=j:{"$gt":""}', 'x-requested-with': 'fetch' },
    }),
    refused('a notification of 1 MB', '/api/notifications', {
      headers,
      body: { to: 'me', title: 'x', message: 'x'.repeat(1_048_576) },
    }),
    refused('a script as link', '/api/notifications', {
      headers,
      body: { to: 'me', title: 'x', message: 'x', actionUrl: 'javascript:alert(1)' },
    }),
    refused('an operator as recipient', '/api/notifications', {
      headers,
      body: { to: { $ne: '' }, title: 'x', message: 'x' },
    }),
    refused('an id that is none', '/api/notifications/%00', { method: 'GET', headers }),
    refused('a limit below 1', '/api/notifications?limit=-1', { method: 'GET', headers }),
    refused('a room called nothing', '/api/rooms', { headers, body: { name: '' } }),
  ]
}

const CUT_OR_ANSWERED_MS = 1_000
const MAX_FRAME_BYTES = 65_536

/** Frames that no page sends, each over a socket of its own. */
function socketTricks(arena: Arena): Trick[] {
  let tries = 0
  const sent = (what: string, frame: string | Buffer, mustEnd = false): Trick => ({
    what,
    async run() {
      const raw = await openRaw(arena, `peer${++tries}`)
      raw.socket.send(frame)
      const code = await raw.ended(mustEnd ? 5_000 : 150)
      raw.socket.terminate()
      return mustEnd && code === undefined ? 'neither answered nor cut' : undefined
    },
  })
  const tooMuch = 'x'.repeat(MAX_FRAME_BYTES + 1)
  if (arena.level === 1) {
    return [
      sent('a message over 64 KiB', tooMuch, true),
      sent('bytes', Buffer.from([0, 255, 254])),
      sent('nothing', ''),
    ]
  }
  return [
    sent('a packet over 64 KiB', `42["message:send",{"text":"${tooMuch}"}]`, true),
    sent('no packet', '???'),
    sent('half an event', '42["message:send"'),
    sent('an event without a name', '42[]'),
    sent('a name that is a number', '42[7,{}]'),
    sent('an unknown event', '42["constructor",{}]'),
    sent('an event without an acknowledgement', '42["message:send",{"text":7}]'),
    sent('an attachment that never comes', '451-["message:send",{"_placeholder":true,"num":0}]'),
    sent('bytes', Buffer.from([4, 2, 255])),
    sent('a second CONNECT', '40{"token":"x","username":"x"}'),
  ]
}

/** Bytes that are no HTTP and no WebSocket. */
function bytes({ stage, level }: Arena): Trick[] {
  const { hostname, port } = new URL(stage.urls[0])
  const path = level === 1 ? '/ws' : '/socket.io/?EIO=4&transport=websocket'
  const handshake = [
    `GET ${path} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.from('sixteen bytes...').toString('base64')}`,
    '\r\n',
  ].join('\r\n')
  const sent = (what: string, head: string, tail?: Buffer): Trick => ({
    what,
    async run() {
      const socket = connect({ host: hostname, port: Number(port) })
      socket.on('error', () => socket.destroy()) // cut, which is one right answer
      await once(socket, 'connect')
      const heard = new Promise<true>((resolve) => {
        socket.once(tail ? 'close' : 'data', () => resolve(true))
        socket.once('close', () => resolve(true))
      })
      socket.write(head)
      if (tail) {
        await sleep(100)
        socket.resume().write(tail)
      }
      const isRight = await Promise.race([heard, sleep(5 * CUT_OR_ANSWERED_MS, false)])
      socket.destroy()
      return isRight ? undefined : 'neither answered nor cut'
    },
  })
  return [
    sent('no HTTP', 'hello\r\n\r\n'),
    sent('a header of 100 KB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`),
    // RFC 6455, section 5.1: a client's frame without a mask ends the connection; a reserved opcode as well (5.2).
    sent('a frame without a mask', handshake, Buffer.from([0x81, 0x02, 0x68, 0x69])),
    sent('a reserved opcode', handshake, Buffer.from([0x83, 0x80, 0, 0, 0, 0])),
  ]
}
