import { copyOnClick, h } from '@levels/shared/client/dom.ts'
import type { App } from '../app.ts'
import { inWords } from '../words.ts'

const PLACE = '#room/'

/** The address that leads to a room, to be given to others. */
const linkTo = (slug: string): string => `${location.origin}/${PLACE}${slug}`

/** The room that a link leads to, or what was typed: a slug, or a whole link. */
export function slugIn(text: string): string | undefined {
  const slug = text.trim().split(PLACE).at(-1)?.replace(/^#/, '').toLowerCase()
  return slug === undefined || slug === '' ? undefined : slug
}

/** The room that this page's own address leads to. */
export function slugOfPage(): string | undefined {
  return location.hash.startsWith(PLACE) ? slugIn(location.hash) : undefined
}

/** How others get into a room: a link to share, and an invitation, which a private room needs. */
export function roomDoor({ api }: App, slug: string): HTMLElement {
  const copy = h('button', { className: 'btn small', type: 'button' }, 'Copy link')
  const guest = h('input', { required: true, maxLength: 100, autocomplete: 'off' })
  const result = h('p', { className: 'hint', attributes: { role: 'status' } })
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const form = h(
    'form',
    { className: 'line' },
    h('label', {}, 'Invite (a username)', guest),
    h('button', { className: 'btn', type: 'submit' }, 'Invite'),
  )
  form.onsubmit = async (event) => {
    event.preventDefault()
    result.textContent = error.textContent = ''
    try {
      await api('POST', `/api/rooms/${slug}/invitations`, { body: { username: guest.value } })
      result.replaceChildren('Invited: ', h('bdi', {}, guest.value), ' finds it in the log.')
      form.reset()
    } catch (problem) {
      error.textContent = inWords(problem)
    }
  }
  copyOnClick(copy, () => linkTo(slug))
  return h(
    'details',
    {},
    h('summary', { className: 'hint' }, 'Let others in'),
    h('p', { className: 'command' }, h('code', {}, linkTo(slug)), copy),
    form,
    result,
    error,
  )
}
