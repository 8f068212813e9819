import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startTcpProxy } from '@levels/shared/testing/tcp-proxy.ts'
import { expect, it, onTestFinished } from 'vitest'
import { newPerson } from './support/person.ts'
import { startServer } from './support/server.ts'
import { openTab } from './support/tab.ts'

it('on a server that somebody has already: API and socket are served, all else stays theirs, and it outlives the level', async () => {
  const http = createHttpServer((req, res) => res.end(`theirs: ${req.url}`))
  http.on('upgrade', (req, socket) => {
    if (req.url === '/theirs') socket.end('HTTP/1.1 418 Theirs\r\nconnection: close\r\n\r\n')
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  const server = await startServer({ http })
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  expect(server.url).toBe(url)
  const text = async (path: string) => (await fetch(url + path)).text()
  expect([await text('/'), await text('/healthz'), await text('/apiary')]).toEqual([
    'theirs: /',
    'theirs: /healthz',
    'theirs: /apiary',
  ])

  const person = await newPerson(server)
  const tab = await person.tab()
  await person.send('me', 'Hello')
  await tab.next('notification:new', ({ title }) => title === 'Hello')
  expect((await fetch(`${url}/api/nothing`)).status).toBe(404)

  await server.close()
  expect(http.listening).toBe(true)
  expect(await text('/')).toBe('theirs: /')
})

it('a page that vanished without a goodbye is gone within two heartbeats; one that only says nothing stays', async () => {
  const server = await startServer({ config: { heartbeatMs: 1_000 } })
  onTestFinished(() => server.close())
  const person = await newPerson(server)
  const quiet = await person.tab()
  const proxy = await startTcpProxy(Number(new URL(server.url).port))
  onTestFinished(() => proxy.close())
  const vanishing = await openTab(`http://127.0.0.1:${proxy.port}`, { token: person.token })
  const [socket] = [...server.io.sockets.sockets.values()].filter(({ id }) => id === vanishing.socket.id)
  const gone = new Promise((resolve) => socket?.once('disconnect', resolve))
  const frozen = performance.now()
  proxy.freeze()
  expect(await gone).toBe('ping timeout')
  expect(performance.now() - frozen).toBeLessThan(3_000)
  expect(quiet.socket.connected).toBe(true)
  expect(socket?.handshake.auth).toEqual({}) // an idle socket keeps no second copy of its token
})
