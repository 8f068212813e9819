import { byId, h } from '@levels/shared/client/dom.ts'
import type { Chat } from './chat.ts'
import type { Level2Socket } from './connection.ts'

/** Who is online. Every event brings the whole list: a page that missed one is right again with the next. */
export function mountPeople(socket: Level2Socket, chat: Chat): void {
  const list = byId('people', HTMLUListElement)
  const recipients = byId('notify-to', HTMLSelectElement)
  let me = ''

  function draw(users: readonly string[]): void {
    const sorted = users.toSorted((a, b) => a.localeCompare(b))
    list.replaceChildren(
      ...sorted.map((username) => {
        const onclick = () => chat.open({ kind: 'user', username })
        const words = username === me ? `${username} (you)` : username
        return h('li', {}, h('button', { className: 'btn small', type: 'button', onclick }, words))
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
    draw(users)
  })
  socket.on('user:joined', ({ users }) => draw(users))
  socket.on('user:left', ({ users }) => draw(users))
}
