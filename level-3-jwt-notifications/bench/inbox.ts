import type { MeasuredServer } from '@levels/shared/bench/compare.ts'
import { heard, makeUsers, openSocket, post } from './client.ts'

/** One user with one connected socket, who sends notifications to nobody but the same user. */
export interface Inbox extends Pick<MeasuredServer, 'processorTime'> {
  token: string
  /** Sends one; resolves when it is acknowledged. */
  notify(): Promise<unknown>
  /** When so many more have arrived, by this process's clock. */
  received(count: number): Promise<number>
  close(): void
}

export async function openInbox(server: MeasuredServer): Promise<Inbox> {
  const [, token = ''] = await makeUsers(server, 2) // the first is an admin, whose role is looked up each time
  const socket = openSocket(server.port, { token }).connect()
  await heard(socket, 'connect')
  let total = 0
  const waiting: { at: number; resolve(now: number): void }[] = []
  socket.on('notification:new', () => {
    total++
    while (waiting[0] && waiting[0].at <= total) waiting.shift()?.resolve(performance.now())
  })
  const body = { to: 'me', type: 'system', title: 'Measured', message: 'x'.repeat(100) }
  return {
    token,
    processorTime: server.processorTime,
    notify: () => post(server.port, '/api/notifications', body, token),
    received: (count) => new Promise((resolve) => waiting.push({ at: total + count, resolve })),
    close: () => void socket.disconnect(),
  }
}
