import type { Arena, Experiment } from '../arena.ts'
import type { Level3Person } from '../dialects/level-3.ts'
import { call } from '../http.ts'
import { upgrade } from './upgrade.ts'

/** Pages that are not the server's own: another site, look-alikes of this one, and a page without an origin. */
function foreignOrigins(url: string): string[] {
  const { host, hostname, port } = new URL(url)
  return [
    'https://evil.example',
    `http://${host}.evil.example`,
    `http://evil-${hostname}:${port}`,
    `http://${hostname}:${Number(port) + 1}`,
    `http://${hostname}`,
    'null',
  ]
}

/** Every foreign Origin, at every door: no connection, and no route that changes something. */
export const foreignPages: Experiment = async (arena) => {
  const [url] = arena.stage.urls
  const witness = await (await arena.person('bob')).openPage()
  const socketUrl = arena.level === 1 ? `${url}/ws` : `${url}/socket.io/?EIO=4&transport=websocket`
  const wrong: string[] = []
  let tried = 0
  const expectRefused = (what: string, origin: string, status: number) => {
    tried++
    if (status > 0 && status < 400) wrong.push(`${what} with Origin ${origin}: ${status}`)
  }

  for (const origin of foreignOrigins(url)) {
    expectRefused('a WebSocket', origin, await upgrade(socketUrl, { origin }))
    if (arena.level > 1) {
      const polling = await call(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } })
      expectRefused('long-polling', origin, polling.status)
    }
    for (const [what, status] of await changes(arena, origin)) expectRefused(what, origin, status)
  }
  const own = await upgrade(socketUrl, { origin: url })
  if (own !== 101) wrong.push(`a WebSocket from its own page: ${own}`)
  const shown = witness.shown.filter((text) => text.includes('from a foreign page')).length
  if (shown > 0) wrong.push(`${shown} notifications of a foreign page were shown`)
  const evidence = `${tried} tries from ${foreignOrigins(url).length} foreign origins: ${wrong.length} let in; its own page: ${own === 101 ? 'let in' : 'refused'}`
  const isKept = wrong.length === 0
  return {
    verdict: isKept ? 'kept' : 'broken',
    evidence: isKept ? evidence : `${evidence}; ${wrong.slice(0, 3).join('; ')}`,
  }
}

/** What a foreign page can make a browser send without asking first: simple requests, with this browser's cookies. */
async function changes(arena: Arena, origin: string): Promise<[what: string, status: number][]> {
  const [url] = arena.stage.urls
  const post = async (path: string, headers: Record<string, string>, body?: unknown) => {
    const answer = await call(url + path, { method: 'POST', headers: { origin, ...headers }, body })
    return [`POST ${path}`, answer.status] as [string, number]
  }
  if (arena.level === 1) return [await post('/notify', {}, 'from a foreign page')]
  if (arena.level === 2) return [await post('/notify', {}, { text: 'from a foreign page' })]
  const { cookie } = await personOf(arena)
  const headers = { cookie, 'x-requested-with': 'fetch' }
  return [
    await post('/api/auth/refresh', headers),
    await post('/api/auth/logout', headers),
    await post('/api/auth/logout', { cookie }),
    await post(
      '/api/auth/register',
      { 'content-type': 'text/plain' },
      '{"username":"foreign","password":"password123"}',
    ),
  ]
}

const owners = new WeakMap<Arena, Promise<Level3Person>>()

function personOf(arena: Arena): Promise<Level3Person> {
  const known = owners.get(arena) ?? arena.level3.person('ann')
  owners.set(arena, known)
  return known
}
