import { byId, h } from '@levels/shared/client/dom.ts'
import type { Connection } from './connection.ts'
import { lastName, nameOfThisTab } from './identity.ts'

export interface SignIn {
  showProblem(message: string): void
}

/** The username box with its Connect and Disconnect. A tab that was signed in before a reload is again. */
export function mountSignIn({ socket, connect, disconnect }: Connection): SignIn {
  const card = byId('you', HTMLElement)
  const title = byId('you-title', HTMLElement)
  const input = byId('username', HTMLInputElement)
  const hint = byId('sign-in-hint', HTMLElement)
  const error = byId('sign-in-error', HTMLElement)
  const connectButton = byId('connect', HTMLButtonElement)
  const disconnectButton = byId('disconnect', HTMLButtonElement)

  let isByHand = false

  const showActive = (isActive: boolean) => {
    connectButton.disabled = isActive
    disconnectButton.disabled = !isActive
    input.readOnly = isActive
    if (!isActive) {
      title.textContent = 'Who are you?'
      card.classList.remove('inside')
    }
    hint.textContent = isActive
      ? 'Open this page in a second tab. The same name there is the same user; another name is somebody else.'
      : '2 to 20 letters, digits, _ or -. There is no password: a name is yours while you are here.'
  }
  const start = (username: string) => {
    error.textContent = ''
    input.removeAttribute('aria-invalid')
    showActive(true)
    connect(username)
  }

  byId('sign-in', HTMLFormElement).onsubmit = (event) => {
    event.preventDefault()
    isByHand = true
    start(input.value.trim())
  }
  disconnectButton.onclick = () => {
    disconnect()
    showActive(false)
    input.focus()
  }
  socket.on('session', ({ username }) => {
    input.value = username
    title.replaceChildren('You are ', h('bdi', {}, username))
    card.classList.add('inside')
    // Not after a reload, which signs in by itself.
    if (!isByHand) return
    isByHand = false
    window.scrollTo(0, 0)
    byId('message', HTMLInputElement).focus({ preventScroll: true })
  })
  socket.on('disconnect', () => showActive(socket.active))

  const before = nameOfThisTab()
  input.value = before ?? lastName()
  if (before) start(before)
  else {
    showActive(false)
    input.focus()
  }

  return {
    showProblem(message) {
      showActive(false)
      error.textContent = message
      input.setAttribute('aria-invalid', 'true')
      input.select()
    },
  }
}
