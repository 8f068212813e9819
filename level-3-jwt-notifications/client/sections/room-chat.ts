import { h } from '@levels/shared/client/dom.ts'
import type { Room, RoomMessage } from '../../src/events.ts'
import type { App } from '../app.ts'
import { drawList } from '../draw-list.ts'
import { ago, inWords } from '../words.ts'
import { roomDoor } from './room-door.ts'
import { readWhatIsOpen } from './room-reading.ts'

export interface RoomChat {
  element: HTMLElement
  /** The slug of the room that is open. */
  readonly slug: string | undefined
  /** Shows what was said in this room, and what will be. Throws Problem. */
  open(room: Pick<Room, 'slug' | 'name'>): Promise<void>
  close(): void
}

type Page = { items: RoomMessage[]; nextBefore: string | null }
/** What was said, or, without a text, that somebody came or went: that is no message, and kept nowhere. */
type Line = Pick<RoomMessage, 'id' | 'from' | 'at'> & { text?: string; what?: string }

const PAGE = 50
/** More than so many lines are not kept: what is older can be fetched again. */
const MOST = 500
/** How near to an end of the list counts as there, in pixels. */
const NEAR = 40

/** One open room: its messages, each once, whether they came live or were fetched. */
export function createRoomChat(app: App): RoomChat {
  const { api, connection, user } = app
  const title = h('h3')
  const close = h('button', { className: 'btn small push', type: 'button' }, 'Close')
  const door = h('div')
  const list = h('ol', { className: 'chat' })
  const box = h('div', { className: 'said', tabIndex: 0, attributes: { role: 'log' } }, list)
  const text = h('input', { required: true, maxLength: 2_000, autocomplete: 'off' })
  const form = h(
    'form',
    { className: 'line' },
    h('label', {}, 'Say something', text),
    h('button', { className: 'btn primary', type: 'submit' }, 'Say'),
  )
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const head = h('div', { className: 'head' }, title, close)
  const element = h('div', { className: 'room', hidden: true }, head, door, box, form, error)
  const lines = new Map<string, Line>()
  let slug: string | undefined
  let nextBefore: string | null = null
  let isLoading = false
  let events = 0

  /** Draws, and leaves a reader who has scrolled up where they are: only who is at the end stays at the end. */
  function draw(): void {
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR
    const { scrollTop } = box
    const inOrder = [...lines.values()].sort((a, b) => a.at.localeCompare(b.at) || a.id.localeCompare(b.id))
    if (isAtEnd && inOrder.length > MOST) {
      for (const { id } of inOrder.splice(0, inOrder.length - MOST)) lines.delete(id)
      nextBefore = inOrder.find(({ text: said }) => said !== undefined)?.id ?? null
    }
    drawList(list, inOrder, ({ id }) => id, toLine)
    box.scrollTop = isAtEnd ? box.scrollHeight : scrollTop
  }

  function add(message: RoomMessage): void {
    if (message.room !== slug || lines.has(message.id)) return
    lines.set(message.id, message)
    draw()
  }

  async function fetchPage(before?: string): Promise<Page> {
    const query = new URLSearchParams({ limit: String(PAGE), ...(before && { before }) })
    return (await api<Page>('GET', `/api/rooms/${slug}/messages?${query}`)).data
  }

  async function load(): Promise<void> {
    const wanted = slug
    if (wanted === undefined) return
    const before = new Set(lines.keys()) // what comes while it loads follows on it, and stays
    const page = await fetchPage()
    if (slug !== wanted) return
    // So much was said meanwhile that messages in between are missing: begin anew, older ones are fetched when needed.
    if (!page.items.some(({ id }) => before.has(id))) {
      for (const id of before) lines.delete(id)
      nextBefore = page.nextBefore
    }
    for (const message of page.items) if (!lines.has(message.id)) lines.set(message.id, message)
    draw()
  }

  /** What was said before the first line. The reader's line stays where it is. */
  async function loadOlder(): Promise<void> {
    if (nextBefore === null || isLoading) return
    isLoading = true
    const wanted = slug
    try {
      const page = await fetchPage(nextBefore)
      if (slug !== wanted) return
      nextBefore = page.nextBefore
      const fromEnd = box.scrollHeight - box.scrollTop
      for (const message of page.items) lines.set(message.id, message)
      draw()
      box.scrollTop = box.scrollHeight - fromEnd
    } catch (problem) {
      error.textContent = inWords(problem)
    } finally {
      isLoading = false
    }
  }

  function toLine({ from, text: said, what, at }: Line): HTMLLIElement {
    const name = h('bdi', {}, from)
    if (said === undefined) return h('li', { className: 'event' }, name, ` ${what}`)
    return h(
      'li',
      { className: from === user.username ? 'mine' : '' },
      h('strong', {}, name),
      h('p', { dir: 'auto' }, said),
      h('time', { dateTime: at }, ago(at)),
    )
  }

  function cameOrWent(what: string): (change: { room: string; username: string }) => void {
    return ({ room, username }) => {
      if (room !== slug) return
      // After the last message, however wrong this machine's clock is.
      const times = [...lines.values()].map((line) => line.at)
      const at = [...times, new Date().toISOString()].sort().at(-1) ?? ''
      const id = `~${++events}`
      lines.set(id, { id, from: username, what, at })
      draw()
    }
  }

  form.onsubmit = async (event) => {
    event.preventDefault()
    if (slug === undefined) return
    error.textContent = ''
    try {
      add(await connection.request('room:send', { room: slug, text: text.value }))
      form.reset()
      box.scrollTop = box.scrollHeight
    } catch (problem) {
      error.textContent = inWords(problem)
    }
  }
  box.onscroll = () => {
    if (box.scrollTop < NEAR) loadOlder()
  }
  connection.socket.on('room:message', add)
  connection.socket.on('room:joined', cameOrWent('joined'))
  connection.socket.on('room:left', cameOrWent('left'))
  // What was said while this tab was not connected has not come to its socket.
  connection.socket.on('session:ready', () =>
    load().catch((problem) => console.debug('room not loaded', problem)),
  )
  const read = readWhatIsOpen(app, element, () => slug)

  const chat: RoomChat = {
    element,
    get slug() {
      return slug
    },
    async open(room) {
      slug = room.slug
      lines.clear()
      nextBefore = null // an emptied list scrolls to its top, and must not ask for older messages
      list.replaceChildren()
      error.textContent = ''
      title.replaceChildren(h('bdi', {}, room.name))
      box.setAttribute('aria-label', `Messages in ${room.name}`)
      door.replaceChildren(roomDoor(app, room.slug))
      element.dataset.room = room.slug
      element.hidden = false
      await load()
      box.scrollTop = box.scrollHeight
      text.focus()
      read()
    },
    close() {
      slug = undefined
      element.hidden = true
    },
  }
  close.onclick = chat.close
  return chat
}
