import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Arena, Experiment } from '../arena.ts'
import { openRaw, type RawSocket } from './raw-socket.ts'
import { catchUp, fillLive, isCut } from './slow-live.ts'

const MOST_GROWTH_BYTES = 300 * 1_048_576
const WITHIN_MS = 10_000
const LIVE_WITHIN_MS = 15_000
/** What one peer asks to be sent to it, and does not read: far more than the 1 MiB that may wait for it. */
const MOST_WAITING_BYTES = 1_048_576
const LEAST_SERVED = 10
const ASKED_BYTES = 12 * 1_048_576
/** So much at once, before others have a turn. */
const TURN_BYTES = 8_192

/** How many catch up at the same time, and how long one that is too much behind may stay, in milliseconds. */
const CATCHING_UP = 5
const CUT_WITHIN_MS = 3_000
/** Long enough for a server to read the whole log for each of them, if it does, in milliseconds. */
const CATCH_UP_MS = 1_500
const SERVED_WITHIN_MS = 5_000

/**
 * Peers that ask for a lot, or are sent a lot, and read nothing (answers, pongs, what comes live, what they missed): cut,
 * the memory bounded, others served meanwhile. A server may also stop reading what such a peer asks, until its heartbeat
 * cuts it.
 */
export const slowReader: Experiment = async (arena) => {
  const bob = await arena.person('bob')
  const ann = await arena.person('ann')
  const page = await bob.openPage()
  await ann.send(arena.to(bob), arena.text(ann, 'before'))
  const before = memoryOf(arena)
  const peers = [await openRaw(arena, 'peer1'), await openRaw(arena, 'peer2')]
  const [answers, pings] = peers
  if (!answers || !pings) throw new Error('no peers')
  for (const { socket } of peers) socket.pause()
  const burdens = burden(arena, answers, pings)
  let isOver = false
  const over = () => {
    isOver = true
  }
  void burdens.then(over, over)
  let [served, sent, peak] = [0, 0, before ?? 0]
  while (!isOver || sent < LEAST_SERVED) {
    const text = arena.text(ann, ++sent)
    await ann.send(arena.to(bob), text)
    if (await page.shows(text, SERVED_WITHIN_MS)) served++
    peak = Math.max(peak, memoryOf(arena) ?? 0)
    await sleep(100)
  }
  const live = await burdens
  // Nothing tells a peer that reads nothing; but what it sends comes back as an error.
  const cut = peers.filter(({ socket }) => socket.readyState !== socket.OPEN).length
  const heldBack = peers.filter(({ socket }) => socket.bufferedAmount > MOST_WAITING_BYTES / 2).length
  for (const { socket } of peers) socket.terminate()
  const growth = before === undefined ? undefined : peak - before
  const memory = growth === undefined ? 'memory unknown' : `memory +${Math.round(growth / 1_048_576)} MiB`
  const isKept =
    cut > 0 &&
    cut + heldBack === peers.length &&
    live.isRight &&
    served === sent &&
    (growth ?? 0) < MOST_GROWTH_BYTES
  return {
    verdict: isKept ? 'kept' : 'broken',
    evidence: `${peers.length} peers that read neither answers nor pongs: ${cut} cut${heldBack > 0 ? `, ${heldBack} no longer read by the server` : ''}; ${live.says}; ${memory}; others: ${served} of ${sent} served meanwhile`,
  }
}

/** One after the other: who asks for a lot takes the time in which a lot could be sent. */
async function burden(arena: Arena, answers: RawSocket, pings: RawSocket): Promise<Behind> {
  const live = await behind(arena, performance.now() + LIVE_WITHIN_MS)
  const deadline = performance.now() + WITHIN_MS
  await Promise.all([askForAnswers(arena, answers, deadline), askForPongs(pings, deadline)])
  return live
}

interface Behind {
  isRight: boolean
  says: string
}

/** A peer that is sent more than may wait for it, and others that miss as much; none of them reads. */
async function behind(arena: Arena, deadline: number): Promise<Behind> {
  const { peer, bytes, isEnough } = await fillLive(arena, deadline)
  const wasCut = await isCut(peer, isEnough ? CUT_WITHIN_MS : 0)
  const late = await catchUp(arena, CATCHING_UP)
  const megabytes = `${(bytes / 1_000_000).toFixed(1)} MB`
  const says = [
    `one that reads nothing of ${megabytes} that come live: ${wasCut ? 'cut' : isEnough ? 'not cut' : 'too little to tell'}`,
    ...(late.length > 0 ? [`${late.length} that read nothing of what they missed: held back or cut`] : []),
  ]
  await sleep(late.length > 0 ? CATCH_UP_MS : 0)
  for (const { socket } of [peer, ...late]) socket.terminate()
  return { isRight: wasCut || !isEnough, says: says.join('; ') }
}

/** Answers: an echo at level 1, an acknowledgement above, as many as the connection takes. */
function askForAnswers({ level }: Arena, { socket }: RawSocket, deadline: number): Promise<void> {
  const frame = level === 1 ? 'x'.repeat(60_000) : '421["no-such-event",{}]'
  return ask(socket, frame.length, deadline, () => socket.send(frame))
}

/** RFC 6455, section 5.5.3: each ping is to be answered with what it carried. */
function askForPongs({ socket }: RawSocket, deadline: number): Promise<void> {
  const content = Buffer.alloc(125, 'x')
  return ask(socket, content.length, deadline, () => socket.ping(content))
}

/** Asks until it has asked for enough, is cut, or is late. */
async function ask(
  socket: RawSocket['socket'],
  bytes: number,
  deadline: number,
  once: () => void,
): Promise<void> {
  for (let asked = 0; asked < ASKED_BYTES && mayAsk(socket, deadline); ) {
    for (let turn = 0; turn < TURN_BYTES; turn += bytes) {
      once()
      asked += bytes
    }
    await untilTaken(socket, deadline)
  }
}

const mayAsk = (socket: RawSocket['socket'], deadline: number) =>
  socket.readyState === socket.OPEN && performance.now() < deadline

/** Waits until the connection takes more: not for ever, since a server may just stop reading. */
async function untilTaken(socket: RawSocket['socket'], deadline: number): Promise<void> {
  await nextTurn() // the others are served by this same thread
  while (socket.readyState === socket.OPEN && socket.bufferedAmount > MOST_WAITING_BYTES) {
    if (performance.now() > deadline) return
    await sleep(5)
  }
}

function memoryOf({ stage }: Arena): number | undefined {
  const all = stage.servers?.map((server) => server.memory() ?? 0)
  return all?.reduce((sum, each) => sum + each, 0)
}
