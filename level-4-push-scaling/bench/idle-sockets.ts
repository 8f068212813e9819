import { once } from 'node:events'
import { verdict } from '@levels/shared/bench/verdict.ts'
import { WebSocket } from 'ws'
import { rssOf } from './rss.ts'
import type { Services } from './services.ts'
import { logIn } from './sign-in.ts'

const SOCKETS = 5_000
const AT_ONCE = 50
const MAX_BROADCAST_MS = 5_000

/** Many idle signed-in sockets on one instance: what they cost, and how soon a message reaches the last of them. */
export async function benchIdleSockets(services: Services): Promise<void> {
  const app = await services.start('src/main.ts')
  const users = ['alice', 'bob', 'admin']
  const tokens = await Promise.all(users.map((username) => logIn(app.url, username)))
  const before = rssOf(app.pid)
  const started = performance.now()
  const sockets: WebSocket[] = []
  while (sockets.length < SOCKETS) {
    const batch = Array.from({ length: AT_ONCE }, (_, index) =>
      connect(app.url, tokens[index % users.length] ?? ''),
    )
    sockets.push(...(await Promise.all(batch)))
  }
  const seconds = (performance.now() - started) / 1_000
  const kib = (rssOf(app.pid) - before) / 1_024 / SOCKETS
  console.log(
    `${SOCKETS} idle signed-in sockets: connected in ${seconds.toFixed(1)} s, about ${kib.toFixed(0)} KiB each`,
  )

  const received = Promise.all(sockets.map(receivesNotification))
  const sent = performance.now()
  await fetch(`${app.url}/api/notifications`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[2]}` },
    body: JSON.stringify({ to: '*', type: 'system', title: 'To all', message: 'Hello everybody' }),
  })
  await received
  const ms = performance.now() - sent
  console.log(
    `a broadcast reached all ${SOCKETS} in ${ms.toFixed(0)} ms ` +
      `(at most ${MAX_BROADCAST_MS}: ${verdict(ms <= MAX_BROADCAST_MS)})`,
  )
  for (const socket of sockets) socket.terminate()
  await app.stop()
}

/** By hand, because thousands of full clients would measure the clients: Engine.IO 4 and Socket.IO 5 packets. */
async function connect(url: string, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
  await once(socket, 'open')
  socket.on('message', (data) => {
    if (String(data) === '2') socket.send('3') // ping, pong
  })
  const welcomed = waitFor(socket, '42["notifications:missed"')
  socket.send(`40${JSON.stringify({ token })}`)
  await welcomed
  return socket
}

function receivesNotification(socket: WebSocket): Promise<void> {
  return waitFor(socket, '42["notification:new"')
}

function waitFor(socket: WebSocket, start: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('the server closed a socket')))
    socket.on('message', function look(data) {
      if (String(data).startsWith('44')) reject(new Error(`refused: ${data}`)) // connect_error
      if (!String(data).startsWith(start)) return
      socket.off('message', look)
      resolve()
    })
  })
}
