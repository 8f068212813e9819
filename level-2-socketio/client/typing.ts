import { byId } from '@levels/shared/client/dom.ts'
import type { Level2Socket } from './connection.ts'
import { nameOf, type Talk } from './talks.ts'

/** Says at most this often that one is typing, in milliseconds: each time is an event to everyone. */
const SAY_EVERY_MS = 2_000
/** For how long somebody who said so counts as typing. */
const LASTS_MS = 3_000

/** Tells the others that one is typing, and shows who else is, in the current talk. */
export function mountTyping(
  socket: Level2Socket,
  input: HTMLInputElement,
  currentTalk: () => Talk,
): { show(): void } {
  const line = byId('typing', HTMLElement)
  const typists = new Map<string, { talk: string; timer: ReturnType<typeof setTimeout> }>()
  let saidAt = Number.NEGATIVE_INFINITY

  const show = () => {
    const here = [...typists].filter(([, { talk }]) => talk === nameOf(currentTalk())).map(([name]) => name)
    line.textContent = here.length > 0 ? `${here.join(', ')} ${here.length > 1 ? 'are' : 'is'} typing…` : ''
  }
  const stop = (username: string) => {
    clearTimeout(typists.get(username)?.timer)
    typists.delete(username)
    show()
  }

  input.addEventListener('input', () => {
    const talk = currentTalk()
    // Level 2 knows no private typing.
    if (talk.kind === 'user' || !socket.connected || performance.now() - saidAt < SAY_EVERY_MS) return
    saidAt = performance.now()
    socket.emit('typing', talk.kind === 'room' ? { room: talk.room } : {}, () => undefined)
  })
  socket.on('typing', ({ username, room }) => {
    stop(username)
    const timer = setTimeout(stop, LASTS_MS, username)
    typists.set(username, {
      talk: nameOf(room === null ? { kind: 'everyone' } : { kind: 'room', room }),
      timer,
    })
    show()
  })
  socket.on('message:new', ({ from }) => stop(from))
  socket.on('user:left', ({ username, usernames = [username] }) => usernames.forEach(stop))
  socket.on('session', () => {
    for (const username of typists.keys()) stop(username)
  })
  return { show }
}
