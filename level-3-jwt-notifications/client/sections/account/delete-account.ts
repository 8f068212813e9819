import { ask } from '@levels/shared/client/confirm.ts'
import { h } from '@levels/shared/client/dom.ts'
import type { App } from '../../app.ts'
import { aboutPassword } from '../../words.ts'

/** Deletes the account, after a question and with the password: an unattended page must not be enough. */
export function deleteAccount({ api, session, user }: App): Node[] {
  const button = h('button', { className: 'btn', type: 'button' }, 'Delete account…')
  button.onclick = () => {
    const password = h('input', {
      type: 'password',
      required: true,
      autocomplete: 'current-password',
      maxLength: 128,
    })
    ask({
      title: `Delete the account ${user.username}?`,
      text: 'Your notifications, memberships, keys and devices are deleted with it. There is no way back.',
      action: 'Delete account',
      fields: [h('label', {}, 'Your password', password)],
      run: () => session.leave(() => api('DELETE', '/api/auth/me', { body: { password: password.value } })),
      inWords: aboutPassword,
    })
  }
  return [
    h('p', { className: 'hint' }, 'The account goes with everything of it: log, keys, devices, memberships.'),
    button,
  ]
}
