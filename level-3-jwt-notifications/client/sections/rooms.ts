import { byId, h } from '@levels/shared/client/dom.ts'
import type { Room } from '../../src/events.ts'
import type { App } from '../app.ts'
import { inWords } from '../words.ts'
import { createRoomChat } from './room-chat.ts'

/** Rooms: make one, join, leave, talk. A message reaches the members who are away, too, through their logs. */
export function mountRooms(app: App): void {
  const { api, signal } = app
  const section = byId('rooms', HTMLElement)
  const title = h('h2', { id: 'rooms-title' }, 'Rooms')
  const name = h('input', { required: true, maxLength: 50, autocomplete: 'off' })
  const form = h(
    'form',
    { className: 'line' },
    h('label', {}, 'New room', name),
    h('button', { className: 'btn', type: 'submit' }, 'Create'),
  )
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const list = h('ul', { className: 'lines' })
  const empty = h('p', { className: 'empty' }, 'There is no room yet. Make the first one.')
  const chat = createRoomChat(app)

  async function act(work: () => Promise<unknown>): Promise<void> {
    error.textContent = ''
    try {
      await work()
    } catch (problem) {
      error.textContent = inWords(problem)
    }
  }

  async function load(): Promise<void> {
    const { items } = (await api<{ items: Room[] }>('GET', '/api/rooms')).data
    empty.hidden = items.length > 0
    list.replaceChildren(...items.map(toLine))
  }

  async function change(slug: string, what: 'join' | 'leave'): Promise<void> {
    await api('POST', `/api/rooms/${slug}/${what}`)
    if (what === 'leave') chat.close(slug)
    await load()
  }

  function toLine({ slug, name: roomName, member }: Room): HTMLLIElement {
    const button = (label: string, onclick: () => void) =>
      h(
        'button',
        {
          className: 'btn small',
          type: 'button',
          onclick,
          attributes: { 'aria-label': `${label} ${roomName}` },
        },
        label,
      )
    return h(
      'li',
      {},
      h(
        'span',
        { className: 'grow' },
        roomName,
        member ? h('span', { className: 'chip accent' }, 'member') : '',
      ),
      member ? button('Open', () => act(() => chat.open(slug, roomName))) : '',
      member
        ? button('Leave', () => act(() => change(slug, 'leave')))
        : button('Join', () => act(() => change(slug, 'join'))),
    )
  }

  form.onsubmit = (event) => {
    event.preventDefault()
    act(async () => {
      const { data } = await api<{ slug: string; name: string }>('POST', '/api/rooms', {
        body: { name: name.value },
      })
      form.reset()
      await load()
      await chat.open(data.slug, data.name)
    })
  }
  // Nothing tells of rooms that others make, and of joining in another tab: look again whenever the user looks here.
  app.connection.socket.on('session:ready', () => act(load))
  window.addEventListener('focus', () => act(load), { signal })
  section.setAttribute('aria-labelledby', title.id)
  section.replaceChildren(title, empty, list, form, error, chat.element)
}
