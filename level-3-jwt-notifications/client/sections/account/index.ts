import { byId, h } from '@levels/shared/client/dom.ts'
import type { App } from '../../app.ts'
import { deleteAccount } from './delete-account.ts'
import { keysPanel } from './keys.ts'
import { changePassword } from './password.ts'
import { preferencesForm } from './preferences.ts'

/** What a user can change about the account, each part closed until it is wanted. */
export function mountAccount(app: App): void {
  const section = byId('account', HTMLElement)
  const title = h('h2', { id: 'account-title' }, 'Your account')
  const part = (id: string, name: string, content: Node[]) =>
    h('details', { className: 'part', id }, h('summary', {}, name), ...content)
  // Half-typed passwords leave with the user.
  app.signal.addEventListener('abort', () => section.replaceChildren())
  section.setAttribute('aria-labelledby', title.id)
  section.replaceChildren(
    title,
    part('preferences', 'What makes itself noticed', preferencesForm(app)),
    part('keys', 'Keys for programs', keysPanel(app)),
    part('password', 'Change password', changePassword(app)),
    part('delete-account', 'Delete account', deleteAccount(app)),
  )
}
