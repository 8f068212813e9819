import { byId, h } from '@levels/shared/client/dom.ts'
import type { Notification } from '../../src/events.ts'
import type { App } from '../app.ts'
import { Problem } from '../http.ts'
import { randomId } from '../random-id.ts'
import { count, inWords, notificationTypes } from '../words.ts'

/** A form that sends a notification to anyone, to oneself, or, as an admin, to everyone. */
export function mountSend({ user, api }: App): void {
  const isAdmin = user.role === 'admin'
  const section = byId('send', HTMLElement)
  const title = h('h2', { id: 'send-title' }, 'Send a notification')
  const to = h('input', { required: true, maxLength: 100, autocomplete: 'off', value: 'me' })
  to.setAttribute('list', 'send-to')
  const type = h('select', {}, ...notificationTypes.map((name) => h('option', { value: name }, name)))
  type.value = 'message'
  const heading = h('input', { required: true, maxLength: 200, autocomplete: 'off', value: 'Hello' })
  const message = h('textarea', { required: true, maxLength: 2_000, rows: 2 })
  message.value = 'This reaches every tab you have open.'
  const actionUrl = h('input', {
    maxLength: 2_000,
    autocomplete: 'off',
    placeholder: '/orders/7 or https://…',
  })
  const submit = h('button', { className: 'btn primary', type: 'submit' }, 'Send')
  const result = h('p', { className: 'hint', attributes: { role: 'status' } })
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const form = h(
    'form',
    { className: 'fields' },
    h('label', {}, 'To', to),
    h('label', {}, 'Type', type),
    h('label', { className: 'wide' }, 'Title', heading),
    h('label', { className: 'wide' }, 'Message', message),
    h('label', { className: 'wide' }, 'Action link (optional)', actionUrl),
    h('div', { className: 'wide row' }, submit, result, error),
    h(
      'datalist',
      { id: 'send-to' },
      ...['me', ...(isAdmin ? ['*'] : [])].map((value) => h('option', { value })),
    ),
  )
  // One key per notification, not per attempt: should the answer get lost, sending again does not send a second one.
  let key = randomId()

  form.oninput = () => {
    key = randomId()
  }
  form.onsubmit = async (event) => {
    event.preventDefault()
    submit.disabled = true
    result.textContent = error.textContent = ''
    try {
      const body = {
        to: to.value,
        type: type.value,
        title: heading.value,
        message: message.value,
        ...(actionUrl.value === '' ? {} : { actionUrl: actionUrl.value }),
      }
      const headers = { 'idempotency-key': key }
      const { data } = await api<Notification | { recipients: number }>('POST', '/api/notifications', {
        body,
        headers,
      })
      key = randomId()
      result.textContent =
        'recipients' in data
          ? `Stored for ${count(data.recipients, 'user')}, and on its way to those who are online.`
          : `Stored as number ${data.seq} of ${to.value === 'me' ? 'your' : `${to.value}’s`} log, and on its way.`
    } catch (problem) {
      if (problem instanceof Problem && problem.status >= 400 && problem.status < 500) key = randomId()
      error.textContent = inWords(problem)
    }
    submit.disabled = false
  }
  section.setAttribute('aria-labelledby', title.id)
  section.replaceChildren(
    title,
    h(
      'p',
      { className: 'hint' },
      isAdmin
        ? 'To a username, to me, or to * for everyone.'
        : 'To a username, or to me. Anyone may send a message to anyone; other types you may send to yourself.',
    ),
    form,
  )
}
