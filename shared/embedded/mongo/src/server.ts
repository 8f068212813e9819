import { createServer, type Socket } from 'node:net'
import { isDoc } from './bson.ts'
import { dispatch, errorReply } from './commands/index.ts'
import { Cursors } from './cursors.ts'
import type { Change, Store } from './store.ts'
import { sweepExpired } from './ttl.ts'
import { encodeReply, MessageSplitter, parseMessage, type Request } from './wire.ts'

export interface ServerOptions {
  store: Store
  /** Logs the changes of one command. Throws when it cannot. */
  write(changes: Change[]): void
  /** Resolves when what was logged is on the disk. */
  sync(): Promise<void> | undefined
  /** Told when the log cannot be written: the command is not answered, and the server has to be closed. */
  onFailure(error: unknown): void
  /** How often idle cursors and expired documents are removed, in milliseconds. */
  sweepMs: number
}

/** The network side: sockets, messages, and the order of executing, logging and answering. */
export function createMongoServer({ store, write, sync, onFailure, sweepMs }: ServerOptions) {
  const cursors = new Cursors()
  const sockets = new Set<Socket>()
  let connections = 0
  let closed = false
  let sweep: NodeJS.Timeout | undefined

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
    if (changes.length > 0) write(changes)
  }

  async function answer(socket: Socket, message: Buffer, connectionId: number): Promise<void> {
    if (closed) return
    const request = parseMessage(message)
    let reply: object
    try {
      reply = execute(request, connectionId)
      const concern = request.command.writeConcern
      if (isDoc(concern) && concern.j === true) await sync()
    } catch (error) {
      onFailure(error)
      return
    }
    if (!request.unacknowledged && socket.writable) socket.write(encodeReply(request, reply))
  }

  function tidy(): void {
    try {
      cursors.reap()
      sweepExpired(store)
      writeChanges()
    } catch (error) {
      onFailure(error)
    }
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

  return {
    listen: (port: number) =>
      new Promise<number>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => {
          sweep = setInterval(tidy, sweepMs).unref()
          const address = server.address()
          resolve(typeof address === 'object' && address ? address.port : port)
        })
      }),
    /** Cuts all connections at once: nothing more is executed or answered. */
    close: () =>
      new Promise<void>((resolve) => {
        closed = true
        clearInterval(sweep)
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
