import { EventEmitter } from 'node:events'
import { createLog } from '@levels/shared/server/log.ts'
import { Server } from 'socket.io'
import { expect, test, vi } from 'vitest'
import { createInstances } from '../../src/instances/index.ts'
import type { RedisConnections } from '../../src/instances/redis.ts'

test('with Redis away, sockets of this instance are cut, joined and left at once, without waiting for a catch-up', () => {
  const taken = async () => undefined
  const subscriber = Object.assign(new EventEmitter(), { subscribe: taken, pSubscribe: taken })
  const publish = () => Promise.reject(new Error('away'))
  const publisher = Object.assign(new EventEmitter(), { pSubscribe: taken, publish })
  const redis = { publisher, subscriber } as unknown as RedisConnections
  const { adapter } = createInstances(redis, taken, createLog('silent'))
  const { sockets } = new Server({ adapter })
  const socket = { disconnect: vi.fn(), join: vi.fn(), leave: vi.fn() }
  sockets.sockets.set('id', socket as never)
  sockets.adapter.addAll('id', new Set(['session:1']))

  sockets.in('session:1').socketsJoin('room')
  sockets.in('session:1').socketsLeave('room')
  sockets.in('session:1').disconnectSockets(true)
  expect(socket.join).toHaveBeenCalledOnce()
  expect(socket.leave).toHaveBeenCalledOnce()
  expect(socket.disconnect.mock.calls).toEqual([[true]])
})
