/**
 * A Socket.IO server with the Redis adapter, as a process of its own: started by socket-server-process.ts with the
 * URI of Redis, its name and the RESP version, driven by messages over the channel that `fork` opens.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdapter } from '@socket.io/redis-adapter'
import { createClient } from 'redis'
import { Server } from 'socket.io'

export interface Request {
  id: number
  operation: keyof typeof operations
  args: unknown[]
}
export type Report =
  | { port: number }
  | { redisError: string }
  | { id: number; result?: unknown; problem?: string }

const [redisUri, name, protocol] = process.argv.slice(2)
const RESP = protocol === '3' ? 3 : 2

// While Redis is away a publish is refused at once: queued, it would arrive late, and the queue has no limit.
const publisher = createClient({ url: redisUri, RESP, disableOfflineQueue: true })
const subscriber = createClient({ url: redisUri, RESP })
for (const client of [publisher, subscriber]) {
  client.on('error', (problem: Error) => report({ redisError: problem.message }))
}
await Promise.all([publisher.connect(), subscriber.connect()])

// Nobody handles these two when they fail, which would end this process: the adapter drops the promise of publish(),
// and a broadcast with acknowledgements that of the question how many servers there are. While Redis is away the
// answer is: this one.
const publish = publisher.publish.bind(publisher)
const sendCommand = publisher.sendCommand.bind(publisher)
const reportRedisError = (problem: Error) => report({ redisError: problem.message })
Object.assign(publisher, {
  publish: (channel: string, message: string | Buffer) => publish(channel, message).catch(reportRedisError),
  sendCommand: (command: string[]) =>
    sendCommand(command).catch((problem: Error) => {
      reportRedisError(problem)
      return [command.at(-1), 1]
    }),
})

const httpServer = createServer()
const io = new Server(httpServer, {
  transports: ['websocket'],
  maxHttpBufferSize: 2_000_000,
  adapter: createAdapter(publisher, subscriber, { requestsTimeout: 2_000 }),
})
io.on('connection', (socket) => socket.join(String(socket.handshake.auth.room)))
io.on('question', (text: string, answer: (text: string) => void) => answer(`${name} heard ${text}`))

const operations = {
  emit: (room: string, payload: unknown) => void io.to(room).emit('event', payload),
  emitToAll: (payload: unknown) => void io.emit('event', payload),
  emitWithAck: (room: string, payload: unknown) => io.timeout(2_000).to(room).emitWithAck('event', payload),
  fetchSockets: async (room: string) => (await io.in(room).fetchSockets()).map((socket) => socket.id),
  socketsJoin: (room: string, joined: string) => io.in(room).socketsJoin(joined),
  socketsLeave: (room: string, left: string) => io.in(room).socketsLeave(left),
  disconnectSockets: (room: string) => io.in(room).disconnectSockets(true),
  serverSideEmit: (text: string) => io.serverSideEmitWithAck('question', text),
} satisfies Record<string, (...args: never[]) => unknown>

process.on('message', async ({ id, operation, args }: Request) => {
  try {
    const run = operations[operation] as (...given: unknown[]) => unknown
    report({ id, result: await run(...args) })
  } catch (problem) {
    report({ id, problem: String(problem) })
  }
})
process.on('disconnect', () => process.exit())

await subscriber.ping() // answered after the adapter's own subscriptions: from here on nothing is missed
httpServer.listen(0, '127.0.0.1')
await once(httpServer, 'listening')
report({ port: (httpServer.address() as AddressInfo).port })

function report(message: Report): void {
  process.send?.(message)
}
