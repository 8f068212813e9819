import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

type Headers = Record<string, string>

/** What the server takes for the address of somebody who registers with these headers. */
export async function addressOf(url: string, username: string, headers: Headers): Promise<string[]> {
  const response = await fetch(`${url}/api/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ username, password: 'password123' }),
  })
  const { accessToken } = (await response.json()) as { accessToken: string }
  const sessions = await fetch(`${url}/api/auth/sessions`, {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  const { items } = (await sessions.json()) as { items: { ip: string }[] }
  return items.map(({ ip }) => ip)
}

/** The status that a page of this origin gets when it refreshes, without a cookie. */
export async function refreshFrom(url: string, origin: string, headers: Headers = {}): Promise<number> {
  const response = await fetch(`${url}/api/auth/refresh`, {
    method: 'POST',
    headers: { ...headers, origin, 'x-requested-with': 'fetch' },
  })
  return response.status
}

/** The status that a page of this origin gets when it opens a WebSocket: 101 lets it through. */
export async function upgradeFrom(url: string, origin: string, headers: Headers): Promise<unknown> {
  const request = get(`${url}/socket.io/?EIO=4&transport=websocket`, {
    headers: {
      ...headers,
      origin,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    },
  })
  const [answer] = (await Promise.race([once(request, 'upgrade'), once(request, 'response')])) as [
    IncomingMessage,
  ]
  request.destroy()
  return answer.statusCode
}
