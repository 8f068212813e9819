import { byId, h } from '@levels/shared/client/dom.ts'
import type { Message } from '../src/events.ts'
import { ask } from './ask.ts'
import type { Level2Socket } from './connection.ts'
import { addressOf, everyone, nameOf, type Talk, talkOf } from './talks.ts'
import { mountTyping } from './typing.ts'

export interface Chat {
  open(talk: Talk): void
  /** Takes a talk away, as when a room was left. */
  drop(talk: Talk): void
  /** A line that is no message: somebody came or went. */
  note(talk: Talk, username: string, what: string): void
}

/** What was said, or what happened. */
type Line = Message | { from: string; what: string }

interface OpenTalk {
  talk: Talk
  lines: Line[]
  unread: number
}

const MOST_LINES = 200

/** The conversations, one at a time, and the line to write in. What was said before one came is not there. */
export function mountChat(socket: Level2Socket): Chat {
  const buttons = byId('talks', HTMLElement)
  const box = byId('messages-box', HTMLElement)
  const list = byId('messages', HTMLOListElement)
  box.tabIndex = 0 // so that the keyboard can scroll it
  const empty = byId('chat-empty', HTMLElement)
  const input = byId('message', HTMLInputElement)
  const error = byId('message-error', HTMLElement)
  const talks = new Map<string, OpenTalk>()
  let current = everyone
  let me = ''

  const typing = mountTyping(socket, input, () => current)

  function find(talk: Talk): OpenTalk {
    const name = nameOf(talk)
    const known = talks.get(name) ?? { talk, lines: [], unread: 0 }
    talks.set(name, known)
    return known
  }

  function drawButtons(): void {
    buttons.replaceChildren(
      ...[...talks.values()].map(({ talk, unread }) => {
        const attributes = { 'aria-pressed': String(nameOf(talk) === nameOf(current)) }
        const count =
          unread > 0 ? [h('b', {}, String(unread)), h('span', { className: 'visually-hidden' }, ' new')] : []
        return h(
          'button',
          { className: 'btn small talk', type: 'button', onclick: () => open(talk), attributes },
          `${nameOf(talk)} `,
          ...count,
        )
      }),
    )
  }

  function open(talk: Talk): void {
    current = talk
    const opened = find(talk)
    opened.unread = 0
    list.replaceChildren(...opened.lines.map((line) => drawLine(line, me)))
    box.scrollTop = box.scrollHeight
    showEmptiness(opened)
    typing.show()
    error.textContent = ''
    drawButtons()
  }

  function showEmptiness({ talk, lines }: OpenTalk): void {
    empty.hidden = lines.some((line) => 'text' in line)
    const whom = {
      everyone: 'everyone who is online',
      room: `the members of ${nameOf(talk)}`,
      user: `${nameOf(talk)} alone`,
    }
    empty.textContent = `Nothing yet. What you write here goes to ${whom[talk.kind]}, and the server forgets it.`
  }

  /** Adds a line to its talk; whoever has scrolled up stays there. Returns whether that talk is open. */
  function add(found: OpenTalk, line: Line): boolean {
    found.lines.push(line)
    if (found.lines.length > MOST_LINES) found.lines.shift()
    if (nameOf(found.talk) !== nameOf(current)) return false
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40
    list.append(drawLine(line, me))
    while (list.children.length > MOST_LINES) list.firstElementChild?.remove()
    if (atEnd) box.scrollTop = box.scrollHeight
    showEmptiness(found)
    return true
  }

  socket.on('message:new', (message) => {
    const found = find(talkOf(message, me))
    if (add(found, message)) return
    found.unread++
    drawButtons()
  })
  socket.on('session', ({ username, rooms }) => {
    if (me !== username) talks.clear()
    me = username
    find(everyone)
    for (const room of rooms) find({ kind: 'room', room })
    for (const { talk } of talks.values()) {
      if (talk.kind === 'room' && !rooms.includes(talk.room)) talks.delete(nameOf(talk))
    }
    open(talks.get(nameOf(current))?.talk ?? everyone)
  })

  byId('message-form', HTMLFormElement).onsubmit = async (event) => {
    event.preventDefault()
    const text = input.value
    const problem = await ask(socket, (to) => to.emitWithAck('message:send', { text, ...addressOf(current) }))
    error.textContent = problem ?? ''
    if (!problem && input.value === text) input.value = ''
    input.focus()
  }

  return {
    open(talk) {
      open(talk)
      input.focus()
    },
    note(talk, from, what) {
      add(find(talk), { from, what })
    },
    drop(talk) {
      talks.delete(nameOf(talk))
      if (nameOf(talk) === nameOf(current)) open(everyone)
      else drawButtons()
    },
  }
}

function drawLine(line: Line, me: string): HTMLLIElement {
  const name = h('bdi', {}, line.from)
  if ('what' in line) return h('li', { className: 'event' }, name, ` ${line.what}`)
  const { from, text, at } = line
  const time = new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  return h(
    'li',
    { className: from === me ? 'mine' : '' },
    h('strong', {}, name),
    h('time', { dateTime: at }, time),
    h('p', { dir: 'auto' }, text),
  )
}
