import { EventEmitter } from 'node:events'
import { dispatch } from '@levels/shared/server/dispatch.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import { expect, it } from 'vitest'
import { clientEvents } from '../../src/events.ts'
import type { IoSocket } from '../../src/socket/types.ts'

/** A socket whose peer reads, or does not, as the test says. */
function fakeSocket() {
  const transport = Object.assign(new EventEmitter(), { writable: true })
  const conn = Object.assign(new EventEmitter(), { readyState: 'open', transport, writeBuffer: [] })
  let send: (event: string, payload: object, acknowledge: (answer: object) => void) => void = () => undefined
  const socket = {
    conn,
    onAny(listener: typeof send) {
      send = listener
    },
  }
  return {
    socket: socket as unknown as IoSocket,
    ask: (event: string, payload: object) =>
      new Promise<object>((resolve) => send(event, payload, (answer) => resolve(answer))),
    reads(does: boolean) {
      transport.writable = does
      if (does) transport.emit('ready')
    },
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

it('a socket’s events take turns, and nothing more is done for one that does not read', async () => {
  const { socket, ask, reads } = fakeSocket()
  const done: number[] = []
  const handlers = {
    'notifications:seen': async ({ upTo }: { upTo: number }) => {
      done.push(upTo)
      if (upTo === 2) reads(false) // its answer does not leave
      if (upTo === 3) throw new HttpError(404, 'not_there', 'An error is an answer, too.')
      return { upTo }
    },
  }
  const events = { 'notifications:seen': clientEvents['notifications:seen'] }
  dispatch(socket, events, handlers, (error) => error as HttpError)
  const answers = [1, 2, 3, 4].map((upTo) => ask('notifications:seen', { upTo }))
  await settled()
  expect(done).toEqual([1, 2])
  reads(true)
  expect(await Promise.all(answers)).toMatchObject([
    { ok: true, data: { upTo: 1 } },
    { ok: true },
    { ok: false, error: { code: 'not_there' } },
    { ok: true, data: { upTo: 4 } },
  ])
})
