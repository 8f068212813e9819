import { EventEmitter } from 'node:events'
import { HttpError } from '@levels/shared/server/http-error.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createConnections } from '../../src/socket/connection.ts'
import type { IoSocket } from '../../src/socket/types.ts'

it('a socket that has gone leaves no timer of its token behind', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const data = { id: 'u1', username: 'ann', role: 'user', sid: 's1', expiresAt: Date.now() + 900_000 }
  const socket = Object.assign(new EventEmitter(), { data, join: () => undefined })
  const { onConnection } = createConnections({
    sessions: { identify: vi.fn(), requireAlive: async () => undefined, alive: vi.fn() },
    welcome: async () => undefined,
    listen: () => undefined,
    instance: 'test',
    toHttpError: () => new HttpError(500, 'internal', ''),
  })
  onConnection(socket as unknown as IoSocket)
  expect(vi.getTimerCount()).toBe(2) // a warning, and the end
  socket.emit('disconnect')
  expect(vi.getTimerCount()).toBe(0)
})
