import { h } from '@levels/shared/client/dom.ts'
import type { Session } from '../session.ts'
import { inWords } from '../words.ts'

type How = 'login' | 'register'

/** By the code of the problem that ended the session. */
const reasons: Record<string, string> = {
  session_revoked:
    'This session was ended: on another device, or because its refresh token was used twice, as if stolen. Sign in again.',
}

/** The page for someone who is not signed in: sign in, or register. */
export function mountSignIn(section: HTMLElement, session: Session): { show(reason?: string): void } {
  const title = h('h2', { id: 'sign-in-title' })
  const lead = h('p', { className: 'hint' })
  const notice = h('p', { className: 'notice', attributes: { role: 'status' } })
  const error = h('p', { className: 'error', id: 'sign-in-error', attributes: { role: 'alert' } })
  const username = h('input', {
    name: 'username',
    required: true,
    autocomplete: 'username',
    minLength: 2,
    maxLength: 100,
    attributes: { autocapitalize: 'none', spellcheck: 'false' },
  })
  const password = h('input', { name: 'password', type: 'password', required: true, maxLength: 128 })
  const email = h('input', { name: 'email', type: 'email', autocomplete: 'email', maxLength: 254 })
  const emailField = h('label', { className: 'wide' }, 'Email, for sign-in alerts (optional)', email)
  const submit = h('button', { className: 'btn primary wide', type: 'submit' })
  const form = h(
    'form',
    { className: 'fields', attributes: { 'aria-labelledby': title.id, 'aria-describedby': error.id } },
    h('label', { className: 'wide' }, 'Username', username),
    h('label', { className: 'wide' }, 'Password', password),
    emailField,
    error,
    submit,
  )
  const tabs = {
    login: h('button', { type: 'button', onclick: () => choose('login') }, 'Sign in'),
    register: h('button', { type: 'button', onclick: () => choose('register') }, 'Register'),
  }
  let how: How = 'login'

  function choose(next: How): void {
    how = next
    const isNew = how === 'register'
    for (const [name, tab] of Object.entries(tabs)) tab.setAttribute('aria-pressed', String(name === how))
    title.textContent = isNew ? 'Make an account' : 'Sign in'
    lead.textContent = isNew
      ? 'A username of 2 to 20 letters, digits, _ or -, and a password of 8 characters or more.'
      : 'Your notifications are kept for you, whether you are here or not.'
    submit.textContent = isNew ? 'Register' : 'Sign in'
    emailField.hidden = !isNew
    // So that a password manager offers the known one here and a new one there.
    password.autocomplete = isNew ? 'new-password' : 'current-password'
    password.minLength = isNew ? 8 : 1
    error.textContent = ''
  }

  async function enter(credentials: { username: string; password: string; email?: string }): Promise<void> {
    submit.disabled = true
    error.textContent = ''
    try {
      await session.signIn(how, credentials)
      form.reset()
    } catch (problem) {
      error.textContent = inWords(problem)
      password.select()
    }
    submit.disabled = false
  }

  form.onsubmit = (event) => {
    event.preventDefault()
    const withEmail = how === 'register' && email.value !== '' ? { email: email.value } : {}
    enter({ username: username.value, password: password.value, ...withEmail })
  }
  choose('login')
  section.append(
    h(
      'div',
      { className: 'tabs', attributes: { role: 'group', 'aria-label': 'Sign in or register' } },
      tabs.login,
      tabs.register,
    ),
    title,
    lead,
    notice,
    form,
    import.meta.env.DEV ? demoUsers((name) => enterAs(name)) : '',
  )

  function enterAs(name: string): void {
    choose('login')
    username.value = name
    password.value = 'password123'
    enter({ username: name, password: password.value })
  }

  return {
    show(reason) {
      notice.textContent = reason ? (reasons[reason] ?? 'Your session is over. Sign in again.') : ''
      notice.hidden = notice.textContent === ''
      section.hidden = false
    },
  }
}

/** In development three users are there from the start: one click for each, to show a room two of them at once. */
function demoUsers(enter: (name: string) => void): HTMLElement {
  const buttons = ['alice', 'bob', 'admin'].map((name) =>
    h('button', { className: 'btn', type: 'button', onclick: () => enter(name) }, `as ${name}`),
  )
  return h(
    'div',
    { className: 'demo' },
    h('p', { className: 'hint' }, 'For a look around, enter'),
    h('div', { className: 'row' }, ...buttons),
    h(
      'p',
      { className: 'hint' },
      'One browser is one user at a time, as everywhere. For a second one, open a private window.',
    ),
  )
}
