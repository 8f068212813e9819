import { createServer, type Socket } from 'node:net'
import { dispatch, errorReply } from './commands/index.ts'
import { Cursors } from './cursors.ts'
import type { Log } from './log.ts'
import type { Store } from './store.ts'
import { sweepExpired } from './ttl.ts'
import { encodeReply, MessageSplitter, parseMessage, type Request } from './wire.ts'

export interface ServerOptions {
  store: Store
  log: Log | undefined
  /** Told once when the log can no longer be written; nothing is answered any more. */
  onFailure: (error: unknown) => void
  sweepMs: number
}

/** The network side: sockets, messages, and the order of executing, logging and answering. */
export function createMongoServer({ store, log, onFailure, sweepMs }: ServerOptions) {
  const cursors = new Cursors()
  const sockets = new Set<Socket>()
  let connections = 0
  let failed = false

  function fail(error: unknown): void {
    if (failed) return
    failed = true
    for (const socket of sockets) socket.destroy()
    server.close()
    clearInterval(sweep)
    onFailure(error)
  }

  // Executes a command in one go and logs its changes, even those made before an error. Throws only when
  // the log cannot be written.
  function execute(request: Request, connectionId: number): object {
    let reply: object
    try {
      reply = dispatch(request, { store, cursors, connectionId })
    } catch (error) {
      reply = errorReply(error)
    }
    writeChanges()
    return reply
  }

  function writeChanges(): void {
    const changes = store.takeChanges()
    if (changes.length > 0) log?.append(changes)
  }

  async function answer(socket: Socket, message: Buffer, connectionId: number): Promise<void> {
    const request = parseMessage(message)
    if (failed) return
    let reply: object
    try {
      reply = execute(request, connectionId)
      const concern = request.command.writeConcern as { j?: unknown } | undefined
      if (concern?.j === true) await log?.sync()
    } catch (error) {
      fail(error)
      return
    }
    if (!request.unacknowledged && socket.writable) socket.write(encodeReply(request, reply))
  }

  const server = createServer({ noDelay: true }, (socket) => {
    const connectionId = ++connections
    const splitter = new MessageSplitter()
    let queue = Promise.resolve()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A connection that breaks, or that speaks something else, concerns nobody but its client.
    const drop = () => {
      socket.destroy()
    }
    socket.on('error', drop)
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const message of splitter.push(chunk)) {
          queue = queue.then(() => answer(socket, message, connectionId)).catch(drop)
        }
      } catch {
        drop()
      }
    })
  })

  const sweep = setInterval(() => {
    cursors.reap()
    sweepExpired(store)
    try {
      writeChanges()
    } catch (error) {
      fail(error)
    }
  }, sweepMs).unref()

  return {
    listen: (port: number) =>
      new Promise<number>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => {
          const address = server.address()
          resolve(typeof address === 'object' && address ? address.port : port)
        })
      }),
    fail,
    close: () =>
      new Promise<void>((resolve) => {
        clearInterval(sweep)
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
