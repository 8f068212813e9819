import { type MeasuredServer, median } from '@levels/shared/bench/compare.ts'
import { openRawSocket } from '@levels/shared/bench/raw-socket.ts'
import type { ServerToClientEvents } from '../src/events.ts'
import { makeUsers, openSocket, post } from './client.ts'
import { openInbox } from './inbox.ts'

const CROWD = 1_000
const BROADCASTS = 3

/** In seconds: 1,000 that came while the user was away. */
export async function measureMissed(server: MeasuredServer): Promise<number> {
  const { token, notify, close } = await openInbox(server)
  close() // the socket; its user goes on getting notifications
  for (let n = 0; n < 1_000; n += 50) await Promise.all(Array.from({ length: 50 }, notify))
  const socket = openSocket(server.port, { token, after: 0 })
  const started = performance.now()
  let received = 0
  await new Promise<void>((resolve) => {
    socket.on(
      'notifications:missed',
      ({ items, more }: Parameters<ServerToClientEvents['notifications:missed']>[0]) => {
        received += items.length
        if (!more) resolve()
      },
    )
    socket.connect()
  })
  const seconds = (performance.now() - started) / 1_000
  socket.disconnect()
  if (received !== 1_000) throw new Error(`${received} instead of 1,000`)
  return seconds
}

/** In seconds: everyone comes at once, with a token each, until the last one has caught up. */
export async function measureCrowd(server: MeasuredServer): Promise<number> {
  const { sockets, seconds } = await connectCrowd(server)
  for (const socket of sockets) socket.close()
  return seconds
}

async function connectCrowd(server: MeasuredServer) {
  const tokens = await makeUsers(server, CROWD)
  const started = performance.now()
  const connect = async (token: string) => {
    const socket = await openRawSocket(`http://127.0.0.1:${server.port}`, { token })
    await socket.heard('notifications:missed')
    return socket
  }
  const sockets = await Promise.all(tokens.map(connect))
  return { tokens, sockets, seconds: (performance.now() - started) / 1_000 }
}

/** In seconds: from an admin's POST to the last of 1,000 sockets. */
export async function measureBroadcast(server: MeasuredServer): Promise<number> {
  const { tokens, sockets } = await connectCrowd(server)
  const [admin = ''] = tokens
  const toAll = { to: '*', title: 'To all', message: 'of you' }
  const seconds: number[] = []
  for (let round = 0; round < BROADCASTS; round++) {
    const everyone = Promise.all(sockets.map((socket) => socket.heard('notification:new')))
    const counted = Promise.all(sockets.map((socket) => socket.heard('unread')))
    const started = performance.now()
    await post(server.port, '/api/notifications', toAll, admin)
    await everyone
    seconds.push((performance.now() - started) / 1_000)
    await counted
  }
  for (const socket of sockets) socket.close()
  return median(seconds)
}
