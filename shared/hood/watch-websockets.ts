import { callNow, isHeard, type Lane, lookers, now, tell, whereNow } from './story.ts'

/** As much of the package ws as is used here. */
export interface AnyWebSocket {
  prependListener(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown
  off(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown
  send(data: Buffer, ...rest: unknown[]): void
}

/**
 * A raw WebSocket has no names and no ids. So a text is known by what it says: what is received, and what is sent because
 * of it, in the same breath or to many sockets, is one story.
 */
export function watchWebSockets(sockets: Set<AnyWebSocket>, lane: Lane): void {
  /** What is being sent to many, in this turn of the event loop. */
  let pushed: { sockets: string[] } | undefined
  let answering: string | undefined
  let received = 0
  const add = sockets.add.bind(sockets)

  // Only while somebody looks: a listener and a method of its own cost each socket a tenth of its speed.
  sockets.add = (socket) => {
    if (isHeard()) listenIn(socket)
    return add(socket)
  }
  lookers.add(() => sockets.forEach(listenIn))

  function listenIn(socket: AnyWebSocket): void {
    if (Object.hasOwn(socket, 'send')) return
    const onMessage = (data: unknown, isBinary: boolean) => {
      const text = isBinary ? `${(data as Buffer).length} bytes` : String(data)
      answering = `${lane} message ${++received}`
      queueMicrotask(() => {
        answering = undefined
      })
      tell({ from: 'page', to: lane, label: 'received', ids: [answering], sent: text })
    }
    const send = socket.send.bind(socket)
    socket.prependListener('message', onMessage) // what is received comes before what is sent because of it
    socket.send = (data, ...rest) => {
      if (isHeard()) onSend(data, rest)
      else {
        socket.off('message', onMessage)
        Reflect.deleteProperty(socket, 'send')
      }
      send(data, ...rest)
    }
  }

  function onSend(data: Buffer, [options]: unknown[]): void {
    const { binary } = (options ?? {}) as { binary?: boolean }
    const text = binary ? `${data.length} bytes` : String(data)
    const told = { from: lane, to: 'page', sent: text } as const
    if (answering !== undefined) {
      tell({ ...told, label: 'echoed', ids: [answering], where: whereNow() })
    } else if (pushed) pushed.sockets.push('')
    else {
      const push = { at: now(), sockets: [''], where: whereNow(), call: callNow() }
      pushed = push
      queueMicrotask(() => {
        pushed = undefined
        tell({ ...told, ...push, label: `pushed to ${push.sockets.length}`, ids: [] })
      })
    }
  }
}
