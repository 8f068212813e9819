import { createHash, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { error, type ProtocolVersion } from './resp-encoder.ts'
import { ProtocolError, RespParser } from './resp-parser.ts'
import type { Subscriber } from './subscriptions.ts'

/**
 * How much may wait for a client that does not read: Redis's default for subscribers
 * (`client-output-buffer-limit pubsub 32mb 8mb 60`), here for every connection. Without a limit one stuck process
 * would fill the memory of the server with messages for it.
 */
const OUTPUT_HARD_LIMIT_BYTES = 32 * 1024 * 1024
const OUTPUT_SOFT_LIMIT_BYTES = 8 * 1024 * 1024
const OUTPUT_SOFT_LIMIT_MS = 60_000

/** One client: what it has said about itself, what it listens to, and its socket. */
export class Connection implements Subscriber {
  readonly id: number
  readonly channels = new Set<string>()
  readonly patterns = new Set<string>()
  version: ProtocolVersion = 2
  name = ''
  closesAfterReply = false
  authenticated = false
  readonly #socket: Socket
  readonly #password: string
  #overSoftLimitSince: number | undefined

  constructor(id: number, socket: Socket, password: string) {
    this.id = id
    this.#socket = socket
    this.#password = password
  }

  /** True, and from then on all commands are open, when the password is right. There is one user, `default`. */
  logIn(user: string, password: string): boolean {
    const right = user === 'default' && timingSafeEqual(hash(password), hash(this.#password))
    if (right) this.authenticated = true
    return right
  }

  get subscriptionCount(): number {
    return this.channels.size + this.patterns.size
  }

  /** RESP2 cannot tell a reply from a message, so a subscriber is held to a few commands. */
  get isRestricted(): boolean {
    return this.version === 2 && this.subscriptionCount > 0
  }

  /** Queues bytes for the client, or drops a client that lets too much pile up. Never throws. */
  send(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes)
    if (this.#isTooSlow()) this.#socket.destroy()
  }

  /** Sends what is queued, then closes. */
  end(): void {
    this.#socket.end()
  }

  #isTooSlow(): boolean {
    const waiting = this.#socket.writableLength
    if (waiting > OUTPUT_HARD_LIMIT_BYTES) return true
    if (waiting <= OUTPUT_SOFT_LIMIT_BYTES) {
      this.#overSoftLimitSince = undefined
      return false
    }
    this.#overSoftLimitSince ??= performance.now()
    return performance.now() - this.#overSoftLimitSince > OUTPUT_SOFT_LIMIT_MS
  }
}

const hash = (text: string) => createHash('sha256').update(text).digest()

/**
 * Runs each command that arrives on the socket, in order, and sends its reply. Bytes that are no command are answered with an error and
 * the end of this connection: nobody can tell where the next command would begin.
 */
export function readCommands(
  socket: Socket,
  connection: Connection,
  run: (command: Buffer[]) => Buffer,
): void {
  const parser = new RespParser(() => connection.authenticated)
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const command of parser.push(chunk)) {
        connection.send(run(command))
        if (connection.closesAfterReply) connection.end()
        if (!socket.writable) return
      }
    } catch (problem) {
      if (!(problem instanceof ProtocolError)) throw problem
      socket.pause()
      connection.send(error(`ERR ${problem.message}`))
      connection.end()
    }
  })
}
