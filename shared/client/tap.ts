/**
 * Listens in on every WebSocket that the page opens, whichever library opens it, and can hurt them on purpose.
 * Import it before anything that opens a socket: Socket.IO takes its hold of `WebSocket` when it is loaded.
 */
export interface TapEvents {
  opening?(url: string): void
  open?(): void
  /** What crossed the socket, as text or as bytes, with its size in bytes. */
  frame?(direction: 'in' | 'out', data: string | ArrayBuffer | Blob, bytes: number): void
  close?(code: number, reason: string): void
  /** The page was taken off the network on purpose, for so long; and it is back on it. */
  offline?(ms: number): void
  online?(): void
  /** A request of the page got its answer. It was sent at `sentAt`, in milliseconds since 1970. */
  answered?(call: { method: string; path: string; status: number; sentAt: number }): void
}

const NativeWebSocket = globalThis.WebSocket
const nativeFetch = globalThis.fetch
const live = new Set<WebSocket>()
const listeners = new Set<TapEvents>()
let offlineUntil = 0

/** Hears of everything from now on. */
export function listen(events: TapEvents): void {
  listeners.add(events)
}

/** Closes every open socket beneath the code that uses it, which sees a lost connection. Returns how many there were. */
export function cutConnections(): number {
  const open = openSockets()
  for (const socket of open) socket.close()
  return open.length
}

/** As if the network were gone for `ms`: sockets are cut, and neither new ones nor HTTP requests get through. */
export function goOffline(ms: number): void {
  offlineUntil = Date.now() + ms
  for (const heard of listeners) heard.offline?.(ms)
  setTimeout(() => {
    for (const heard of listeners) heard.online?.()
  }, ms)
  cutConnections()
}

/** Sends on every open socket, past the code that uses it. Returns how many there were. */
export function sendRaw(data: string | ArrayBuffer): number {
  const open = openSockets()
  for (const socket of open) socket.send(data)
  return open.length
}

function openSockets(): WebSocket[] {
  return [...live].filter(({ readyState }) => readyState === NativeWebSocket.OPEN)
}

globalThis.WebSocket = new Proxy(NativeWebSocket, {
  construct(Socket, args: [url: string | URL, protocols?: string | string[]]) {
    if (args[1] === 'vite-hmr') return new Socket(...args)
    for (const heard of listeners) heard.opening?.(String(args[0]))
    return tapped(Date.now() < offlineUntil ? unreachableSocket() : new Socket(...args))
  },
})

globalThis.fetch = async (...args) => {
  if (Date.now() < offlineUntil) throw new TypeError('Offline on purpose: the network cannot be reached.')
  const sentAt = Date.now()
  const response = await nativeFetch(...args)
  const [input, { method = 'GET' } = {}] = args
  const { pathname: path } = new URL(input instanceof Request ? input.url : input, location.href)
  for (const heard of listeners) heard.answered?.({ method, path, status: response.status, sentAt })
  return response
}

function tapped(socket: WebSocket): WebSocket {
  const send = socket.send.bind(socket)
  socket.send = (data) => {
    if (socket.readyState > NativeWebSocket.OPEN) return // it is being closed: nothing leaves any more
    for (const heard of listeners) heard.frame?.('out', toFrame(data), sizeOf(data))
    send(data)
  }
  socket.addEventListener('open', () => {
    live.add(socket)
    for (const heard of listeners) heard.open?.()
  })
  socket.addEventListener('message', ({ data }) => {
    for (const heard of listeners) heard.frame?.('in', data, sizeOf(data))
  })
  socket.addEventListener('close', ({ code, reason }) => {
    live.delete(socket)
    for (const heard of listeners) heard.close?.(code, reason)
  })
  return socket
}

function toFrame(data: string | ArrayBufferLike | Blob | ArrayBufferView): string | ArrayBuffer | Blob {
  if (typeof data === 'string' || data instanceof Blob) return data
  const view = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
  return view.slice().buffer
}

function sizeOf(data: unknown): number {
  if (typeof data === 'string') return new TextEncoder().encode(data).length
  if (data instanceof Blob) return data.size
  return (data as ArrayBuffer | ArrayBufferView).byteLength
}

/** Fails the way a socket does whose server cannot be reached (code 1006, RFC 6455 section 7.1.5). */
function unreachableSocket(): WebSocket {
  const socket = new EventTarget() as WebSocket
  const ignore = () => undefined
  Object.assign(socket, {
    readyState: NativeWebSocket.CONNECTING,
    bufferedAmount: 0,
    send: ignore,
    close: ignore,
  })
  setTimeout(() => {
    Object.assign(socket, { readyState: NativeWebSocket.CLOSED })
    const failed = new Event('error')
    socket.onerror?.(failed)
    socket.dispatchEvent(failed)
    const closed = new CloseEvent('close', { code: 1006 })
    socket.onclose?.(closed)
    socket.dispatchEvent(closed)
  }, 50)
  return socket
}
