import { byId, copyOnClick } from '@levels/shared/client/dom.ts'
import { NOTIFY_PATH, type NotifyResult } from '../src/events.ts'

/** The panel that pushes one text to everyone, from here or from a terminal. */
export function mountPush(): void {
  const command = `curl -d "Lunch is ready" ${location.origin}${NOTIFY_PATH}`
  const result = byId('push-result', HTMLElement)
  byId('curl', HTMLElement).textContent = command
  copyOnClick(byId('copy-curl', HTMLButtonElement), () => command)
  byId('push-form', HTMLFormElement).onsubmit = async (event) => {
    event.preventDefault()
    result.textContent = await push(byId('push-text', HTMLInputElement).value)
  }
}

async function push(text: string): Promise<string> {
  try {
    const response = await fetch(NOTIFY_PATH, { method: 'POST', body: text })
    const answer = await response.json()
    if (!response.ok) return `Refused: ${answer.error.message}`
    const { delivered } = answer as NotifyResult
    return `Sent to ${delivered} open ${delivered === 1 ? 'socket' : 'sockets'}. Whoever was not connected will never know.`
  } catch {
    return 'Not sent: the server cannot be reached.'
  }
}
