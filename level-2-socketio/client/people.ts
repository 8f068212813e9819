import { byId, h } from '@levels/shared/client/dom.ts'
import type { Chat } from './chat.ts'
import type { Level2Socket } from './connection.ts'

/** Who is online. Every connect brings the whole list, and each change after it one name. */
export function mountPeople(socket: Level2Socket, chat: Chat): void {
  const list = byId('people', HTMLUListElement)
  const recipients = byId('notify-to', HTMLSelectElement)
  const online = new Set<string>()
  let me = ''

  function draw(): void {
    const sorted = [...online].sort((a, b) => a.localeCompare(b))
    list.replaceChildren(
      ...sorted.map((username) => {
        const onclick = () => chat.open({ kind: 'user', username })
        const words = [h('bdi', {}, username), username === me ? ' (you)' : '']
        return h('li', {}, h('button', { className: 'btn small', type: 'button', onclick }, ...words))
      }),
    )
    const chosen = recipients.value
    recipients.replaceChildren(
      h('option', { value: '' }, 'Everyone'),
      ...sorted.map((username) => h('option', { value: username }, username)),
    )
    recipients.value = sorted.includes(chosen) ? chosen : ''
  }

  socket.on('session', ({ username, users }) => {
    me = username
    online.clear()
    for (const user of users) online.add(user)
    draw()
  })
  socket.on('user:joined', ({ username, usernames = [username] }) => {
    for (const name of usernames) online.add(name)
    draw()
  })
  socket.on('user:left', ({ username, usernames = [username] }) => {
    for (const name of usernames) online.delete(name)
    draw()
  })
}
