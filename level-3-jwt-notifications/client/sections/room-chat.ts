import { h } from '@levels/shared/client/dom.ts'
import type { RoomMessage } from '../../src/events.ts'
import type { App } from '../app.ts'
import { drawList } from '../draw-list.ts'
import { ago, inWords } from '../words.ts'

export interface RoomChat {
  element: HTMLElement
  /** Shows what was said in this room, and what will be. Throws Problem. */
  open(slug: string, name: string): Promise<void>
  /** Closes it, if it is this room that is open. */
  close(slug: string): void
}

/** One open room: its messages, each once, whether they came live or were fetched. */
export function createRoomChat({ api, connection, user }: App): RoomChat {
  const title = h('h3')
  const list = h('ol', { className: 'chat', tabIndex: 0, attributes: { 'aria-live': 'polite' } })
  const text = h('input', { required: true, maxLength: 2_000, autocomplete: 'off' })
  const label = h('label', {}, 'Say something', text)
  const form = h(
    'form',
    { className: 'line' },
    label,
    h('button', { className: 'btn primary', type: 'submit' }, 'Say'),
  )
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const element = h('div', { className: 'room', hidden: true }, title, list, form, error)
  const messages = new Map<string, RoomMessage>()
  let slug: string | undefined

  function add(message: RoomMessage): void {
    if (message.room !== slug || messages.has(message.id)) return
    messages.set(message.id, message)
    const inOrder = [...messages.values()].sort((a, b) => a.at.localeCompare(b.at))
    drawList(list, inOrder, ({ id }) => id, toLine)
    list.scrollTop = list.scrollHeight
  }

  async function load(): Promise<void> {
    if (slug === undefined) return
    const { items } = (await api<{ items: RoomMessage[] }>('GET', `/api/rooms/${slug}/messages`)).data
    for (const message of items) add(message)
  }

  function toLine({ from, text: said, at }: RoomMessage): HTMLLIElement {
    return h(
      'li',
      { className: from === user.username ? 'mine' : '' },
      h('strong', {}, from),
      h('p', {}, said),
      h('time', { dateTime: at }, ago(at)),
    )
  }

  form.onsubmit = async (event) => {
    event.preventDefault()
    if (slug === undefined) return
    error.textContent = ''
    try {
      add(await connection.request('room:send', { room: slug, text: text.value }))
      form.reset()
    } catch (problem) {
      error.textContent = inWords(problem)
    }
  }
  connection.socket.on('room:message', add)
  // What was said while this tab was not connected came to nobody's socket here.
  connection.socket.on('session:ready', () =>
    load().catch((problem) => console.debug('room not loaded', problem)),
  )

  return {
    element,
    async open(next, name) {
      slug = next
      messages.clear()
      list.replaceChildren()
      title.textContent = name
      list.setAttribute('aria-label', `Messages in ${name}`)
      element.hidden = false
      await load()
      text.focus()
    },
    close(which) {
      if (which !== slug) return
      slug = undefined
      element.hidden = true
    },
  }
}
