import diagnostics from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { callNow, during, isHeard, type Lane, tell, whereNow } from './story.ts'

/** As much of a delivery channel as is used here. */
export interface AnyChannel {
  prepare(batch: never): Promise<(() => Promise<unknown>)[]>
}

const PREFIX = 'pushes '
const watching = new Set<Lane>()

/** Makes a channel say for which notification it calls a push service: Node itself tells of the call, and of its answer. */
export function watchPush(channel: AnyChannel, lane: Lane): void {
  watchCalls(lane)
  const prepare = channel.prepare.bind(channel)
  const watched: AnyChannel['prepare'] = async (batch) => {
    const works = batch as { delivery: { notificationId: unknown } }[]
    return (await prepare(batch)).map((attempt, index) => () => {
      const call = `${PREFIX}${lane} ${works[index]?.delivery.notificationId}`
      return isHeard() ? during(call, attempt) : attempt()
    })
  }
  Object.assign(channel, { prepare: watched })
}

function watchCalls(lane: Lane): void {
  if (watching.has(lane)) return
  watching.add(lane)
  const mine = `${PREFIX}${lane} `
  const pushed = () => (callNow()?.startsWith(mine) ? callNow()?.slice(mine.length) : undefined)
  diagnostics.subscribe('http.client.request.start', (message) => {
    const id = pushed()
    const { request } = message as { request: ClientRequest }
    if (id === undefined) return
    const told = { ids: [id] }
    const sent = [`POST to ${request.getHeader('host')}`, ...headersOf(request)].join('\n')
    tell({ ...told, from: lane, to: 'push', label: 'encrypted, signed', sent, where: whereNow() })
    request.once('response', ({ statusCode = 0, headers }: IncomingMessage) => {
      const retry = headers['retry-after']
      const answer = retry === undefined ? '' : `retry-after: ${retry}`
      tell({
        ...told,
        from: 'push',
        to: lane,
        label: String(statusCode),
        sent: answer,
        lost: statusCode >= 300,
      })
      if (statusCode === 201) tell({ ...told, from: 'push', to: 'device', label: 'wakes the device' })
    })
    request.once('error', ({ message: why }: Error) =>
      tell({ ...told, from: 'push', to: lane, label: 'no answer', sent: why, lost: true }),
    )
  })
}

function headersOf(request: ClientRequest): string[] {
  return Object.entries(request.getHeaders())
    .filter(([name]) => name !== 'host')
    .map(([name, value]) => `${name}: ${name === 'authorization' ? 'vapid t=…, k=…' : value}`)
}
