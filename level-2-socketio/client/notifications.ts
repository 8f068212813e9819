import { byId, clock, copyOnClick, h } from '@levels/shared/client/dom.ts'
import { icon } from '@levels/shared/client/icons.ts'
import { showToast } from '@levels/shared/client/toast.ts'
import type { Wire } from '@levels/shared/client/wire.ts'
import { type HttpError, postOnWire } from '@levels/shared/client/wire-http.ts'
import { NOTIFY_PATH, type NotifyResult } from '../src/events.ts'
import type { Level2Socket } from './connection.ts'

const MOST = 100

/** What came, as toasts and as a list, and the panel that sends one, from here or from a terminal. */
export function mountNotifications(socket: Level2Socket, wire: Wire): void {
  const list = byId('notifications', HTMLOListElement)
  const empty = byId('notifications-empty', HTMLElement)
  socket.on('notification:new', ({ text, from, at }) => {
    const source = from ?? 'by POST /notify'
    showToast({ title: text, text: source })
    list.prepend(
      h(
        'li',
        {},
        h('span', { className: 'kind accent' }, icon('bell')),
        h('div', {}, h('h3', {}, text), h('p', {}, source)),
        h('time', { dateTime: at }, clock(new Date(at)).slice(0, 8)),
      ),
    )
    while (list.children.length > MOST) list.lastElementChild?.remove()
    empty.hidden = true
  })

  const command = `curl -H "content-type: application/json" -d '{"text":"Lunch is ready"}' ${location.origin}${NOTIFY_PATH}`
  const text = byId('notify-text', HTMLInputElement)
  const recipient = byId('notify-to', HTMLSelectElement)
  const result = byId('notify-result', HTMLElement)
  byId('curl', HTMLElement).textContent = command
  copyOnClick(byId('copy-curl', HTMLButtonElement), () => command)
  byId('notify-form', HTMLFormElement).onsubmit = async (event) => {
    event.preventDefault()
    result.textContent = await notify(wire, text.value, recipient.value)
  }
}

async function notify(wire: Wire, text: string, to: string): Promise<string> {
  const body = JSON.stringify(to ? { text, to } : { text })
  try {
    const answer = await postOnWire<NotifyResult | HttpError>(wire, NOTIFY_PATH, body, {
      headers: { 'content-type': 'application/json' },
      why: 'a request beside the socket: any program may send one',
    })
    if ('error' in answer) return `Refused: ${answer.error.message}`
    const { delivered } = answer
    return `Sent to ${delivered} open ${delivered === 1 ? 'socket' : 'sockets'}.`
  } catch {
    return 'Not sent: the server cannot be reached.'
  }
}
