// A page that says who is signed in, in each of its tabs. The server answers POST /api/auth/login, refresh and logout as the
// level does: { user, accessToken, expiresIn }, and the refresh token in a cookie that no script can read.
import { createSession } from '../../client/session.ts'

const EARLY_MS = 30_000
let timer: ReturnType<typeof setTimeout> | undefined

const session = createSession({
  onSignedIn: ({ username }) => show(`Signed in as ${username}`),
  onToken({ expiresAt }) {
    clearTimeout(timer)
    timer = setTimeout(() => session.refresh().catch(report), Math.max(0, expiresAt - Date.now() - EARLY_MS))
  },
  onSignedOut: (reason) => show(reason ? `Signed out: ${reason}` : 'Signed out'),
})

document.addEventListener('submit', (event) => {
  event.preventDefault()
  const form = new FormData(event.target as HTMLFormElement)
  const credentials = { username: String(form.get('username')), password: String(form.get('password')) }
  session.signIn('login', credentials).catch(report)
})
document.addEventListener('click', ({ target }) => {
  if ((target as Element).id === 'sign-out') session.signOut().catch(report)
})
session.resume().catch(report)

function show(text: string): void {
  document.title = text
}

function report(error: Error): void {
  show(error.message)
}
