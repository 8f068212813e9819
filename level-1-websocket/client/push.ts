import { byId, copyOnClick } from '@levels/shared/client/dom.ts'
import type { Wire } from '@levels/shared/client/wire.ts'
import { type HttpError, postOnWire } from '@levels/shared/client/wire-http.ts'
import { NOTIFY_PATH, type NotifyResult } from '../src/events.ts'

/** The panel that pushes one text to everyone, from here or from a terminal. */
export function mountPush(wire: Wire): void {
  const command = `curl -d "Lunch is ready" ${location.origin}${NOTIFY_PATH}`
  const result = byId('push-result', HTMLElement)
  byId('curl', HTMLElement).textContent = command
  copyOnClick(byId('copy-curl', HTMLButtonElement), () => command)
  byId('push-form', HTMLFormElement).onsubmit = async (event) => {
    event.preventDefault()
    result.textContent = await push(wire, byId('push-text', HTMLInputElement).value)
  }
}

async function push(wire: Wire, text: string): Promise<string> {
  try {
    const why = 'a request beside the socket: anybody may start a push'
    const answer = await postOnWire<NotifyResult | HttpError>(wire, NOTIFY_PATH, text, { why })
    if ('error' in answer) return `Refused: ${answer.error.message}`
    const { delivered } = answer
    return `Sent to ${delivered} open ${delivered === 1 ? 'socket' : 'sockets'}. Whoever was not connected will never know.`
  } catch {
    return 'Not sent: the server cannot be reached.'
  }
}
