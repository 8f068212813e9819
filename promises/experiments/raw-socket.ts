import { WebSocket } from 'ws'
import type { Arena } from '../arena.ts'
import type { Level3Person } from '../dialects/level-3.ts'

/** A WebSocket by hand, let in as a page would be, for what no page would do. */
export interface RawSocket {
  readonly socket: WebSocket
  /** Every message it got, as text. */
  readonly got: string[]
  /** Resolves with the close code when the server has ended it; with undefined if not within so many milliseconds. */
  ended(withinMs: number): Promise<number | undefined>
}

export interface RawOptions {
  /** How far it says that it has got in the log (levels 3 and 4). */
  after?: number
  /** The person of this label is there already. */
  isKnown?: boolean
  /** It reads nothing from the moment that it has asked to be let in. */
  isPaused?: boolean
}

/** Connects to the server itself, not over a link: a link would hold back what the peer does not read. */
export async function openRaw(
  arena: Arena,
  label: string,
  url = arena.stage.urls[0],
  options: RawOptions = {},
): Promise<RawSocket> {
  const base = url.replace('http', 'ws')
  const { level } = arena
  const socket = new WebSocket(level === 1 ? `${base}/ws` : `${base}/socket.io/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
  })
  const got: string[] = []
  socket.on('error', () => socket.terminate()) // cut: `close` follows
  let code: number | undefined
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (given) => {
      code = given
      resolve(given)
    })
  })
  const raw: RawSocket = {
    socket,
    got,
    ended: (withinMs) =>
      Promise.race([
        closed,
        new Promise<undefined>((resolve) => setTimeout(() => resolve(code as undefined), withinMs)),
      ]),
  }
  socket.on('message', (data) => {
    const text = String(data)
    got.push(text.slice(0, 200))
    if (level > 1 && text === '2') socket.send('3') // Engine.IO: a ping, answered
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('close', () => reject(new Error('the connection was refused')))
  })
  if (level > 1) await enter(arena, raw, label, options)
  return raw
}

/** Socket.IO's own handshake: CONNECT with what proves who one is. */
async function enter(
  arena: Arena,
  { socket, got }: RawSocket,
  label: string,
  { after, isKnown, isPaused }: RawOptions,
): Promise<void> {
  const person = isKnown ? arena.knownPerson(`${label}-${arena.tag}`) : await arena.person(label)
  const auth =
    arena.level === 2 ? { username: person.name } : { token: (person as Level3Person).token, after }
  socket.send(`40${JSON.stringify(auth)}`)
  if (isPaused) return socket.pause()
  const deadline = performance.now() + 10_000
  while (!got.some((text) => text.startsWith('40'))) {
    if (performance.now() > deadline) throw new Error('the handshake was not answered')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
