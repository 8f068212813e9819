import { h } from '@levels/shared/client/dom.ts'
import type { App } from '../../app.ts'
import { aboutPassword } from '../../words.ts'

/** Changes the password. Whoever knew the old one is signed out with it: that is what changing it is for. */
export function changePassword({ api, user }: App): Node[] {
  const field = (name: string, autocomplete: AutoFill, minLength: number) =>
    h('input', { name, type: 'password', required: true, autocomplete, minLength, maxLength: 128 })
  const current = field('current', 'current-password', 1)
  const next = field('next', 'new-password', 8)
  const submit = h('button', { className: 'btn primary', type: 'submit' }, 'Change password')
  const result = h('p', { className: 'hint', attributes: { role: 'status' } })
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const form = h(
    'form',
    { className: 'fields' },
    // Not for eyes: password managers learn from it whose password this is.
    h('input', {
      name: 'username',
      autocomplete: 'username',
      value: user.username,
      hidden: true,
      readOnly: true,
    }),
    h('label', {}, 'Current password', current),
    h('label', {}, 'New password, 8 characters or more', next),
    h('div', { className: 'wide row' }, submit, result, error),
  )
  form.onsubmit = async (event) => {
    event.preventDefault()
    submit.disabled = true
    result.textContent = error.textContent = ''
    try {
      await api('POST', '/api/auth/password', { body: { current: current.value, next: next.value } })
      form.reset()
      result.textContent = 'Changed. All your other devices are signed out.'
    } catch (problem) {
      error.textContent = aboutPassword(problem)
    }
    submit.disabled = false
  }
  return [h('p', { className: 'hint' }, 'All your other devices are signed out; this one stays.'), form]
}
