import { createServer, type Socket } from 'node:net'
import { setImmediate as afterOthers } from 'node:timers/promises'
import { type Client, createScram } from './auth.ts'
import { isDoc } from './bson.ts'
import { dispatch, errorReply } from './commands/index.ts'
import { Cursors } from './cursors.ts'
import { type Change, type Store, sweepExpired } from './store.ts'
import { encodeReply, MAX_MESSAGE_BYTES, MessageSplitter, parseMessage, type Request } from './wire.ts'

export interface ServerOptions {
  store: Store
  password: string
  /** Logs the changes of one command, or of one step of a long one. Throws when it cannot. */
  write(changes: Change[]): void
  /** Resolves when what was logged is on the disk. */
  sync(): Promise<void> | undefined
  /** How often idle cursors and expired documents are removed, in milliseconds. */
  sweepMs: number
}

/** What a stranger may send at once: a hello or a step of the login is far smaller. */
const MAX_BYTES_BEFORE_LOGIN = 16 * 1024

/** The network side: sockets, messages, and the order of executing, logging and answering. */
export function createMongoServer({ store, password, write, sync, sweepMs }: ServerOptions) {
  const cursors = new Cursors()
  const scram = createScram(password)
  const sockets = new Set<Socket>()
  let connections = 0
  let closed = false
  let sweep: NodeJS.Timeout | undefined

  // What a step changed is in the log before anything else happens; what cannot be logged is taken back. Between
  // the steps of a long command others get their turn.
  async function runSteps<T>(steps: Generator<void, T>): Promise<T> {
    for (;;) {
      let step: IteratorResult<void, T>
      try {
        step = steps.next()
      } finally {
        store.commit(write)
      }
      if (step.done) return step.value
      await afterOthers()
      if (closed) throw new Error('the server was closed')
    }
  }

  async function execute(request: Request, client: Client): Promise<object> {
    try {
      const reply = await runSteps(dispatch(request, { store, cursors, client, scram }))
      const concern = request.command.writeConcern
      if (isDoc(concern) && concern.j === true) await sync()
      return reply
    } catch (error) {
      return errorReply(error)
    }
  }

  async function tidy(): Promise<void> {
    cursors.reap()
    await runSteps(sweepExpired(store))
  }

  // One message at a time: what a client sends ahead of its answers, or does not read of them, waits on its side.
  function serve(socket: Socket): void {
    const client: Client = { id: ++connections, authenticated: false }
    const splitter = new MessageSplitter()
    let busy = false

    async function answerAll(): Promise<void> {
      for (;;) {
        const message = splitter.next(client.authenticated ? MAX_MESSAGE_BYTES : MAX_BYTES_BEFORE_LOGIN)
        if (!message || closed) return
        const request = parseMessage(message)
        const reply = await execute(request, client)
        if (closed || !socket.writable) return
        if (!request.unacknowledged && !socket.write(encodeReply(request, reply))) await drained(socket)
      }
    }

    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A connection that breaks, or that speaks something else, concerns nobody but its client.
    const drop = () => {
      socket.destroy()
    }
    socket.on('error', drop)
    socket.on('data', async (chunk: Buffer) => {
      splitter.push(chunk)
      if (busy) {
        socket.pause()
        return
      }
      busy = true
      try {
        await answerAll()
        busy = false
        socket.resume()
      } catch {
        drop()
      }
    })
  }

  const server = createServer({ noDelay: true }, serve)
  return {
    listen: (port: number) =>
      new Promise<number>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => {
          // What could not be logged was said by the log, was taken back, and is swept next time.
          sweep = setInterval(() => tidy().catch(() => undefined), sweepMs).unref()
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

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      socket.off('drain', settle).off('close', settle)
      resolve()
    }
    socket.on('drain', settle).on('close', settle)
  })
}
