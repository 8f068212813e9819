import { io, type Socket } from 'socket.io-client'

/** Connects as a page does: WebSocket only, and back by itself; `wire` gets every packet as text. */
export function connectSocket(
  url: string,
  auth: () => object,
  wire: (direction: '→' | '←', text: string) => void,
): Socket {
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    autoConnect: false,
    reconnectionDelay: 300,
    reconnectionDelayMax: 1_000,
    timeout: 5_000,
    auth: (give: (data: object) => void) => give(auth()),
  })
  socket.io.on('open', () => {
    const { engine } = socket.io
    engine.on('packet', ({ type, data }) => wire('←', describe(type, data)))
    engine.on('packetCreate', ({ type, data }) => wire('→', describe(type, data)))
  })
  socket.on('disconnect', (reason) => wire('←', `(disconnected: ${reason})`))
  socket.on('connect_error', (error: Error & { data?: unknown }) => {
    wire('←', `(not connected: ${error.data ? JSON.stringify(error.data) : error.message})`)
  })
  return socket.connect()
}

/** As it stands in the frame: engine.io's type is a digit before the text. */
const TYPES = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop']
const describe = (type: string, data: unknown) =>
  `${TYPES.indexOf(type)}${typeof data === 'string' ? data : ''}`
