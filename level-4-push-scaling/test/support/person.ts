import type {
  ClientToServerEvents,
  Notification,
  ServerToClientEvents,
  SignedIn,
} from '@levels/3-jwt-notifications/src/doors.ts'
import { io, type Socket } from 'socket.io-client'

/** Someone who is signed in, with a cookie jar, as one browser. */
export interface Person {
  username: string
  /** As it stands in the browser: one jar for all ports of a host (RFC 6265 section 8.5). */
  cookie: string
  token: string
  fetch(url: string, path: string, options?: { method?: string; body?: unknown }): Promise<Response>
}

export async function register(url: string, username: string): Promise<Person> {
  const response = await post(`${url}/api/auth/register`, { username, password: 'password123' })
  return personOf(response)
}

export async function logIn(url: string, username: string): Promise<Person> {
  return personOf(await post(`${url}/api/auth/login`, { username, password: 'password123' }))
}

/** What a page does when its token is about to end: the person's token and cookie are replaced. */
export async function refresh(url: string, person: Person): Promise<number> {
  const response = await authPost(url, 'refresh', person)
  if (response.ok) Object.assign(person, await credentialsOf(response))
  return response.status
}

export function logOut(url: string, person: Person): Promise<Response> {
  return authPost(url, 'logout', person)
}

/** Sends the person a notification from themselves; resolves with it once it is acknowledged. */
export async function notify(url: string, person: Person, message: string): Promise<Notification> {
  const response = await person.fetch(url, '/api/notifications', {
    method: 'POST',
    body: { to: 'me', title: 'Test', message },
  })
  if (response.status !== 201) throw new Error(`not stored: ${response.status} ${await response.text()}`)
  return (await response.json()) as Notification
}

export type ClientSocket = Socket<ServerToClientEvents, ClientToServerEvents>

/** A page of that person: a socket and what it shows, as level 3's contract asks of every client. */
export interface OpenPage {
  socket: ClientSocket
  /** The instance that welcomed it last. */
  instance: string | undefined
  /** Ids in the order of their arrival, repeated ones too. */
  received: string[]
  /** What is on screen: each id once. */
  shown: Map<string, Notification>
  close(): void
}

export async function openPage(url: string, person: Person): Promise<OpenPage> {
  const socket: ClientSocket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 500,
    auth: (give) => give({ token: person.token, after: cursor }),
  })
  let cursor: number | undefined
  const page: OpenPage = {
    socket,
    instance: undefined,
    received: [],
    shown: new Map(),
    close: () => void socket.disconnect(),
  }
  const show = (items: Notification[]) => {
    for (const notification of items) {
      page.received.push(notification.id)
      page.shown.set(notification.id, notification)
    }
  }
  const moveTo = (upTo: number) => {
    cursor = upTo
    socket.emit('notifications:seen', { upTo }, () => undefined)
  }
  socket.on('session:ready', ({ instance }) => {
    page.instance = instance
  })
  socket.on('notification:new', (notification) => {
    show([notification])
    // Only what follows without a gap moves the cursor: what is missing in between comes with the next packet.
    if (notification.seq === (cursor ?? 0) + 1) moveTo(notification.seq)
  })
  socket.on('notifications:missed', ({ items, upTo }) => {
    show(items)
    moveTo(Math.max(cursor ?? 0, upTo))
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('notifications:missed', () => resolve())
    socket.once('connect_error', reject)
  })
  return page
}

async function post(url: string, body: unknown): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response
}

function authPost(url: string, action: 'refresh' | 'logout', person: Person): Promise<Response> {
  return fetch(`${url}/api/auth/${action}`, {
    method: 'POST',
    headers: { cookie: person.cookie, 'x-requested-with': 'fetch' },
  })
}

async function personOf(response: Response): Promise<Person> {
  const person: Person = {
    ...(await credentialsOf(response)),
    fetch: (url, path, { method = 'GET', body } = {}) =>
      fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
  }
  return person
}

async function credentialsOf(response: Response): Promise<Pick<Person, 'username' | 'cookie' | 'token'>> {
  const { user, accessToken } = (await response.json()) as SignedIn
  const [cookie = ''] = response.headers.getSetCookie().map((header) => header.split(';', 1)[0] ?? '')
  return { username: user.username, cookie, token: accessToken }
}
