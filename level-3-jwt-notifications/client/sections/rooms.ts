import { byId, h } from '@levels/shared/client/dom.ts'
import type { Room } from '../../src/events.ts'
import type { App } from '../app.ts'
import { drawList } from '../draw-list.ts'
import { goTo } from '../places.ts'
import { inWords } from '../words.ts'
import { createRoomChat } from './room-chat.ts'
import { slugIn, slugOfPage } from './room-door.ts'

type Page = { items: Room[]; nextBefore: string | null }

/** Rooms: make one, join, leave, talk. A message reaches the members who are away, too, through their logs. */
export function mountRooms(app: App): void {
  const { api, arrived, connection, signal } = app
  const section = byId('rooms', HTMLElement)
  const title = h('h2', { id: 'rooms-title' }, 'Rooms')
  const slugField = h('input', { required: true, maxLength: 300, autocomplete: 'off', placeholder: 'tea' })
  slugField.autocapitalize = 'none'
  const joinForm = h(
    'form',
    { className: 'line' },
    h('label', {}, 'Join by link or slug', slugField),
    h('button', { className: 'btn', type: 'submit' }, 'Join'),
  )
  const name = h('input', { required: true, maxLength: 50, autocomplete: 'off' })
  const isPrivate = h('input', { type: 'checkbox' })
  const newForm = h(
    'form',
    { className: 'line' },
    h('label', {}, 'New room', name),
    h('label', { className: 'check' }, isPrivate, 'private'),
    h('button', { className: 'btn', type: 'submit' }, 'Create'),
  )
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const list = h('ul', { className: 'lines scroll', tabIndex: 0, attributes: { 'aria-label': 'Rooms' } })
  const more = h('button', { className: 'btn small', type: 'button' }, 'More rooms')
  const empty = h('p', { className: 'empty' }, 'There is no room yet. Make the first one.')
  const chat = createRoomChat(app)
  const rooms = new Map<string, Room>()
  let nextBefore: string | null = null

  async function act(work: () => Promise<unknown>): Promise<void> {
    error.textContent = ''
    try {
      await work()
    } catch (problem) {
      error.textContent = inWords(problem)
    }
  }

  async function fetchPage(before?: string): Promise<void> {
    const known = [...rooms.keys()] // one that is made meanwhile is no part of the answer, and stays
    const { data } = await api<Page>('GET', `/api/rooms${before ? `?before=${before}` : ''}`)
    if (!before) for (const slug of known) rooms.delete(slug)
    for (const room of data.items) rooms.set(room.slug, room)
    nextBefore = data.nextBefore
    draw()
  }
  const load = () => fetchPage()

  function draw(): void {
    empty.hidden = rooms.size > 0
    list.hidden = rooms.size === 0
    more.hidden = nextBefore === null
    drawList(list, [...rooms.values()], ({ slug }) => slug, toLine)
  }

  async function join(slug: string): Promise<void> {
    const { data } = await api<Room>('POST', `/api/rooms/${slug}/join`)
    await load()
    await chat.open(data)
  }

  async function leave(slug: string): Promise<void> {
    await api('POST', `/api/rooms/${slug}/leave`)
    if (chat.slug === slug) chat.close()
    await load()
  }

  function toLine(room: Room): HTMLLIElement {
    const { slug, name: roomName, member, invited } = room
    const button = (label: string, work: () => Promise<unknown>) =>
      h(
        'button',
        {
          className: 'btn small',
          type: 'button',
          onclick: () => act(work),
          attributes: { 'aria-label': `${label} ${roomName}` },
        },
        label,
      )
    const chip = (text: string) => h('span', { className: 'chip accent' }, text)
    return h(
      'li',
      {},
      h(
        'span',
        { className: 'grow' },
        h('bdi', {}, roomName),
        member ? chip('member') : '',
        room.private ? chip('private') : '',
        invited ? chip('invited') : '',
        h('small', {}, `#${slug}`),
      ),
      member ? button('Open', () => chat.open(room)) : button('Join', () => join(slug)),
      member ? button('Leave', () => leave(slug)) : '',
      invited ? button('Decline', () => leave(slug)) : '',
    )
  }

  joinForm.onsubmit = (event) => {
    event.preventDefault()
    const slug = slugIn(slugField.value)
    act(async () => {
      await join(encodeURIComponent(slug ?? ''))
      joinForm.reset()
    })
  }
  newForm.onsubmit = (event) => {
    event.preventDefault()
    act(async () => {
      const body = { name: name.value, ...(isPrivate.checked && { private: true }) }
      const { data } = await api<Room>('POST', '/api/rooms', { body })
      newForm.reset()
      await load()
      await chat.open(data)
    })
  }
  more.onclick = () => act(() => fetchPage(nextBefore ?? undefined))

  /** Whoever follows a link joins by a click of their own: a link alone must change nothing. */
  async function follow(): Promise<void> {
    const slug = slugOfPage()
    if (slug === undefined) return
    goTo('rooms')
    const room = rooms.get(slug)
    if (room?.member) return chat.open(room)
    slugField.value = slug
    joinForm.querySelector('button')?.focus()
  }

  connection.socket.on('room:created', ({ slug, name: newName }) => {
    if (rooms.has(slug)) return
    const before = [...rooms]
    rooms.clear()
    for (const [key, room] of [[slug, { slug, name: newName, member: false }] as const, ...before])
      rooms.set(key, room)
    draw()
  })
  connection.socket.on('room:joined', ({ room, username }) => {
    if (username === app.user.username && !rooms.get(room)?.member) act(load)
  })
  arrived.on(({ type, metadata }) => {
    // An invitation is to a room that was not there, or that one was not in.
    const room = rooms.get(String(metadata?.room))
    if (type === 'room.message' && !room?.member && !room?.invited) act(load)
  })
  let isFirst = true
  connection.socket.on('session:ready', () =>
    act(async () => {
      await load()
      if (isFirst) await follow()
      isFirst = false
    }),
  )
  // Nothing tells of leaving in another tab: look again whenever the user looks here.
  window.addEventListener('focus', () => act(load), { signal })
  window.addEventListener('hashchange', () => act(follow), { signal })
  section.setAttribute('aria-labelledby', title.id)
  section.replaceChildren(title, empty, list, more, joinForm, newForm, error, chat.element)
}
