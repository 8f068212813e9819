import { startTcpProxy } from '@levels/shared/testing/tcp-proxy.ts'
import { onTestFinished } from 'vitest'
import { listen, open, type TestClient, type TestServer } from './server.ts'

/** A client behind a network that fails on demand. */
export async function enterThroughProxy(server: TestServer, username: string) {
  const proxy = await startTcpProxy(server.url)
  onTestFinished(() => proxy.close())
  const client = listen(open(proxy.url, { username }))
  await client.next('session')
  return { proxy, client }
}

/** Lets the client say who it was, as the page does. */
export function comeBack({ socket, session }: TestClient): void {
  socket.auth = { username: session.username, sessionId: session.sessionId }
}
