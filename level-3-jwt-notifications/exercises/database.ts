import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'

/** A database behind a network that can hold one message while others pass, or be gone at the wrong moment. */
export interface Database {
  /** What tells a learner's program where it is, what it signs with, and that a password may be cheap to check. */
  env: { MONGODB_URI: string; JWT_SECRET: string; SCRYPT_N: string }
  /** Holds the next insert or change that has this text in it. Whatever else is said passes. */
  holdWrite(text: string): Hold
  /** Holds the nth thing that is asked or told from now on: the answer to a question, or an insert or change itself. */
  holdStep(nth: number): Hold
  /** From now on nothing reaches it, and what was held is lost. */
  cut(): void
  /** Programs reach it again. */
  mend(): void
}

/** One message that does not arrive until it is released. So a check decides who is first, and no chance does. */
export interface Hold {
  /** Resolves when the message is held. */
  readonly caught: Promise<void>
  /** Lets it go; or gives up waiting for it. */
  release(): void
}

export const JWT_SECRET = 'a secret that only this check knows, long enough'
/** A command's name, as it stands in the message (BSON: an element named so, a string). */
const named = (name: string) => Buffer.from(`\x02${name}\0`, 'latin1')
const WRITES = ['insert', 'update', 'findAndModify', 'delete'].map(named)
const READS = ['find', 'aggregate', 'count', 'distinct', 'getMore'].map(named)

/** Starts an empty database in this process, and the network before it. */
export async function startDatabase(attempt: Attempt): Promise<Database> {
  const mongo = await startEmbeddedMongo()
  attempt.defer(() => mongo.close())
  const uri = new URL(mongo.uri)
  const target = Number(uri.port)
  const sockets = new Set<Socket>()
  let isDown = false
  let waiting: Waiting | undefined

  function hold(next: Waiting): Hold {
    waiting = next
    return {
      caught: new Promise((resolve) => {
        next.caught = resolve
      }),
      release() {
        next.left = 0
        next.goOn?.()
      },
    }
  }

  function cut(): void {
    isDown = true
    for (const socket of sockets) socket.destroy()
  }

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true })
    let isRead = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy()) // the failure that is wanted
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    if (isDown) return client.destroy()
    client.on('data', (data) => {
      const has = (text: Buffer | string) => data.includes(text)
      isRead = READS.some(has)
      const isIt = WRITES.some(has) && has(waiting?.text ?? '')
      pass(isIt ? waiting : undefined, () => upstream.write(data))
    })
    upstream.on('data', (data) => {
      const isIt = isRead && waiting?.text === undefined
      pass(isIt ? waiting : undefined, () => client.write(data))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  attempt.defer(() => {
    cut()
    server.close()
  })
  uri.port = String((server.address() as AddressInfo).port)
  uri.pathname = '/exercise'

  return {
    env: { MONGODB_URI: uri.href, JWT_SECRET, SCRYPT_N: '1024' },
    holdWrite: (text) => hold({ text, left: 1 }),
    holdStep: (nth) => hold({ left: nth }),
    cut,
    mend() {
      isDown = false
    },
  }
}

/** What is waited for, so many steps away (only writes with this text, if there is one); and, when it came, its way on. */
interface Waiting {
  text?: string
  left: number
  caught?: () => void
  goOn?: () => void
}

/** Goes on at once, unless this is what somebody waits for. */
function pass(waiting: Waiting | undefined, goOn: () => void): void {
  if (waiting?.left !== 1) {
    if (waiting && waiting.left > 0) waiting.left--
    goOn()
    return
  }
  waiting.left = 0
  waiting.goOn = goOn
  waiting.caught?.()
}
