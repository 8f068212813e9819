import { mountBreakIt } from '@levels/shared/client/break-it.ts'
import { byId } from '@levels/shared/client/dom.ts'
import { mountHood } from '@levels/shared/client/hood/mount.ts'
import { mountLesson } from '@levels/shared/client/lesson/drawer.ts'
import { createPill } from '@levels/shared/client/pill.ts'
import { cutConnections, goOffline, sendRaw } from '@levels/shared/client/tap.ts'
import { mountThemeButton } from '@levels/shared/client/theme.ts'
import { mountWire } from '@levels/shared/client/wire.ts'
import { SOCKET_PATH } from '../src/events.ts'
import { createConnection } from './connection.ts'
import { showFrames } from './frames.ts'
import { steps } from './lesson.ts'
import { createLog } from './log.ts'
import { mountPush } from './push.ts'

const setPill = createPill(byId('pill', HTMLElement))
const wire = mountWire(byId('wire', HTMLElement))
const log = createLog()
const text = byId('text', HTMLInputElement)
const file = byId('file', HTMLInputElement)
const sendError = byId('send-error', HTMLElement)
const connect = byId('connect', HTMLButtonElement)
const disconnect = byId('disconnect', HTMLButtonElement)

showFrames(wire)
mountThemeButton(byId('pill', HTMLElement).parentElement ?? document.body)
mountPush(wire)
mountLesson(byId('lesson', HTMLElement), steps)
if (import.meta.env.DEV) mountHood(byId('lesson', HTMLElement))

const url = new URL(SOCKET_PATH, location.href)
url.protocol = url.protocol.replace('http', 'ws')
const connection = createConnection(url.href, {
  onMessage: (data) => log.add(data),
  onState(state, delayMs) {
    const seconds = ((delayMs ?? 0) / 1_000).toFixed(1)
    if (state === 'connected') setPill('on', 'connected')
    else if (state === 'connecting') setPill('waiting', 'connecting')
    else if (state === 'waiting') setPill('waiting', `lost; trying again in ${seconds} s`)
    else setPill('off', 'disconnected')
    if (state === 'waiting') {
      wire.add({
        direction: 'note',
        kind: 'back-off',
        raw: `${seconds} s`,
        why: 'until this page tries again by itself',
      })
    }
    connect.disabled = state === 'connected' || state === 'connecting'
    disconnect.disabled = state === 'disconnected'
  },
})

connect.onclick = () => connection.connect()
disconnect.onclick = () => connection.disconnect()
connection.connect()

byId('text-form', HTMLFormElement).onsubmit = (event) => {
  event.preventDefault()
  send(text.value)
  text.select()
}
byId('file-form', HTMLFormElement).onsubmit = async (event) => {
  event.preventDefault()
  const chosen = file.files?.[0]
  if (chosen) send(await chosen.arrayBuffer())
  else sendError.textContent = 'Choose a file first.'
}

function send(data: string | ArrayBuffer): void {
  const sent = connection.send(data)
  sendError.textContent = sent
    ? ''
    : 'Not sent: there is no connection, and a raw WebSocket keeps nothing for later.'
}

mountBreakIt(byId('break-it', HTMLElement), [
  {
    label: 'Cut the connection',
    run: () =>
      cutConnections()
        ? 'Cut. The page reconnects by itself; what was pushed meanwhile is gone for good.'
        : 'There is no connection to cut.',
  },
  {
    label: 'Go offline 10 s',
    run() {
      goOffline(10_000)
      return 'Offline for 10 seconds. Each failed attempt doubles the longest delay before the next one.'
    },
  },
  {
    label: 'Send twice',
    run() {
      const both = [connection.send('am I one or two?'), connection.send('am I one or two?')].every(Boolean)
      return both
        ? 'Sent twice, shown twice: nothing here can tell a repeat from a new message.'
        : 'There is no connection.'
    },
  },
  {
    label: 'Send garbage',
    run() {
      if (!sendRaw(crypto.getRandomValues(new Uint8Array(32)).buffer)) return 'There is no connection.'
      sendRaw('{"half a JSON')
      return 'Sent 32 random bytes and half a JSON. Both came back: to a raw WebSocket nothing is garbage.'
    },
  },
  {
    label: 'Send 70 KiB',
    run() {
      if (!connection.send('x'.repeat(70 * 1_024))) return 'There is no connection.'
      return 'Sent more than the server takes. It closes this socket with code 1009, and only this one.'
    },
  },
])
