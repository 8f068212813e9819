import { Agent } from 'node:http'
import type { Arena } from '../arena.ts'
import type { Level3Person } from '../dialects/level-3.ts'
import { call, NoAnswer } from '../http.ts'
import { openRaw, type RawSocket } from './raw-socket.ts'

/** In bytes: what the kernel takes on loopback (4 to 10 MB on Linux) and the 1 MiB that may wait, and some more. */
const ENOUGH_BYTES = 16_000_000
const AT_ONCE = 4
/** After so many notifications, the peer sends a ping: few enough to be no flood. */
const PINGS_ONE_IN = 50
/** Three bytes in UTF-8, one character everywhere. */
const WIDE = '€'
/** A tag that pages of experiments leave aside. */
const ASIDE = ' ·aside0'

export interface Filled {
  /** Whoever is sent all this, and reads nothing. */
  peer: RawSocket
  /** How much was sent to it live. */
  bytes: number
  /** More than may wait, or the peer is cut already. */
  isEnough: boolean
}

/** A peer that reads nothing while notifications come for it, one after the other. */
export async function fillLive(arena: Arena, deadline: number): Promise<Filled> {
  const peer = await openRaw(arena, 'peer3')
  peer.socket.pause()
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const send = senderOf(arena, agent)
  let bytes = 0
  let count = 0
  let isRefused = false
  const isOpen = () => peer.socket.readyState === peer.socket.OPEN
  const one = async () => {
    while (bytes < ENOUGH_BYTES && !isRefused && isOpen() && performance.now() < deadline) {
      const sent = await send()
      // A cut peer's ping comes back as an error.
      if (++count % PINGS_ONE_IN === 0 && isOpen()) peer.socket.ping()
      bytes += sent
      if (sent === 0) isRefused = true
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  agent.destroy()
  return { peer, bytes, isEnough: bytes >= ENOUGH_BYTES || !isOpen() }
}

/** A way to send that peer the largest notification of this level: resolves with its bytes, with 0 when it is refused. */
function senderOf(arena: Arena, agent: Agent): () => Promise<number> {
  const [url] = arena.stage.urls
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    call(url + path, { method: 'POST', body, headers, agent }).catch((error: unknown) => {
      if (error instanceof NoAnswer) return undefined
      throw error
    })
  if (arena.level <= 2) {
    const length = (arena.level === 1 ? 1_024 : 2_000) - ASIDE.length
    const text = WIDE.repeat(length) + ASIDE
    const body = arena.level === 1 ? text : { text }
    return async () => ((await post('/notify', body))?.status === 202 ? 3 * length : 0)
  }
  const { token } = arena.knownPerson(`peer3-${arena.tag}`) as Level3Person
  const body = {
    to: 'me',
    title: 'large',
    message: WIDE.repeat(2_000),
    metadata: { more: WIDE.repeat(4_000) },
  }
  return async () => {
    const answer = await post('/api/notifications', body, { authorization: `Bearer ${token}` })
    // What is stored is what is sent: a server need not know metadata.
    return answer?.status === 201 ? Buffer.byteLength(answer.text) : 0
  }
}

/**
 * Peers that connect without memory to that long log (levels 3 and 4), and read nothing of it. A server may cut them, or
 * send no more until its heartbeat does; what it must not do is hold the whole log for each.
 */
export async function catchUp(arena: Arena, count: number): Promise<RawSocket[]> {
  if (arena.level <= 2) return []
  const peers: RawSocket[] = []
  for (let n = 0; n < count; n++) {
    peers.push(
      await openRaw(arena, 'peer3', arena.stage.urls[0], { after: 0, isKnown: true, isPaused: true }),
    )
  }
  return peers
}

/** Whether the server has cut a peer that reads nothing: nothing tells it, but what it sends comes back as an error. */
export async function isCut({ socket }: RawSocket, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (socket.readyState === socket.OPEN && performance.now() < deadline) {
    socket.ping()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return socket.readyState !== socket.OPEN
}
