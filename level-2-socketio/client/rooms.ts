import { byId, h } from '@levels/shared/client/dom.ts'
import { ask } from './ask.ts'
import type { Chat } from './chat.ts'
import type { Level2Socket } from './connection.ts'

/** The rooms one is in, with their members. Another tab may join and leave, so the events decide, not the clicks. */
export function mountRooms(socket: Level2Socket, chat: Chat): void {
  const list = byId('rooms', HTMLUListElement)
  const empty = byId('rooms-empty', HTMLElement)
  const input = byId('room', HTMLInputElement)
  const error = byId('room-error', HTMLElement)
  const rooms = new Map<string, readonly string[] | undefined>()
  let me = ''

  function draw(): void {
    empty.hidden = rooms.size > 0
    list.replaceChildren(...[...rooms].map(([room, members]) => drawRoom(room, members)))
  }

  function drawRoom(room: string, members: readonly string[] | undefined): HTMLLIElement {
    const leave = async () => {
      error.textContent = (await ask(socket, (to) => to.emitWithAck('room:leave', { room }))) ?? ''
    }
    const open = () => chat.open({ kind: 'room', room })
    return h(
      'li',
      {},
      h('button', { className: 'btn small', type: 'button', onclick: open }, `#${room}`),
      h(
        'span',
        { className: 'hint' },
        ...(members ?? []).flatMap((name, n) => [n > 0 ? ', ' : '', h('bdi', {}, name)]),
      ),
      h(
        'button',
        {
          className: 'btn small',
          type: 'button',
          onclick: leave,
          attributes: { 'aria-label': `Leave ${room}` },
        },
        'Leave',
      ),
    )
  }

  /** Asks who is in a room: joining one that one is in changes nothing, and answers with its members. */
  async function fetchMembers(room: string): Promise<void> {
    const answer = await socket.timeout(5_000).emitWithAck('room:join', { room })
    if (answer.ok && answer.data && rooms.has(room)) rooms.set(room, answer.data.members)
    draw()
  }

  socket.on('session', ({ username, rooms: mine }) => {
    me = username
    rooms.clear()
    for (const room of mine) rooms.set(room, undefined)
    draw()
    // A few at once: the server takes 20 events a second.
    for (const room of mine.slice(0, 10)) fetchMembers(room).catch(() => draw())
  })
  socket.on('room:joined', ({ room, username, members }) => {
    if (username === me && !rooms.has(room)) chat.open({ kind: 'room', room })
    chat.note({ kind: 'room', room }, username, 'joined')
    rooms.set(room, members)
    draw()
  })
  socket.on('room:left', ({ room, username, members }) => {
    if (username === me) {
      rooms.delete(room)
      chat.drop({ kind: 'room', room })
    } else {
      rooms.set(room, members)
      chat.note({ kind: 'room', room }, username, 'left')
    }
    draw()
  })

  byId('room-form', HTMLFormElement).onsubmit = async (event) => {
    event.preventDefault()
    const room = input.value.trim()
    const problem = await ask(socket, (to) => to.emitWithAck('room:join', { room }))
    error.textContent = problem ?? ''
    if (!problem) input.value = ''
  }
}
