import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'

/** A database behind a network that can be slow at the wrong place, or gone at the wrong moment. */
export interface Database {
  /** What tells a learner's program where it is, what it signs with, and that a password may be cheap to check. */
  env: { MONGODB_URI: string; JWT_SECRET: string; SCRYPT_N: string }
  /** From now on, answers to questions take so many milliseconds longer. Inserts and changes are as fast as ever. */
  slowReads(ms: number): void
  /** From now on, each answer to a question takes longer by chance, up to so many milliseconds. */
  unevenReads(ms: number): void
  /** From now on, everything that a program says takes so many milliseconds longer. */
  slowRequests(ms: number): void
  /** From now on nothing reaches it. */
  cut(): void
  /** Programs reach it again. */
  mend(): void
  /** Resolves when a program inserts something; it does not arrive, and nothing that comes later does. */
  loseNextInsert(): Promise<void>
}

export const JWT_SECRET = 'a secret that only this check knows, long enough'
/** The name of the command, as it stands in the message (BSON: a string, named so). */
const INSERT = Buffer.from('\x02insert\0', 'latin1')
const WRITES = ['\x02update\0', '\x02findAndModify\0', '\x02delete\0'].map((name) =>
  Buffer.from(name, 'latin1'),
)

/** Starts an empty database in this process, and the network before it. */
export async function startDatabase(attempt: Attempt): Promise<Database> {
  const mongo = await startEmbeddedMongo()
  attempt.defer(() => mongo.close())
  const uri = new URL(mongo.uri)
  const target = Number(uri.port)
  const sockets = new Set<Socket>()
  let readDelayMs = () => 0
  let requestDelayMs = 0
  let isDown = false
  let lost: (() => void) | undefined

  function cut(): void {
    isDown = true
    for (const socket of sockets) socket.destroy()
  }

  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
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
      const isInsert = data.includes(INSERT)
      if (lost && isInsert) {
        lost()
        return cut()
      }
      isRead = !isInsert && !WRITES.some((name) => data.includes(name))
      later(requestDelayMs, () => upstream.write(data))
    })
    upstream.on('data', (data) => later(isRead ? readDelayMs() : 0, () => client.write(data)))
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
    slowReads(ms) {
      readDelayMs = () => ms
    },
    unevenReads(ms) {
      readDelayMs = () => Math.random() * ms
    },
    slowRequests(ms) {
      requestDelayMs = ms
    },
    cut,
    mend() {
      isDown = false
      lost = undefined
    },
    loseNextInsert: () =>
      new Promise((resolve) => {
        lost = resolve
      }),
  }
}

function later(ms: number, act: () => void): void {
  if (ms === 0) act()
  else setTimeout(act, ms)
}
