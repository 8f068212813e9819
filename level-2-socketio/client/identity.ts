// Which name this tab uses is the tab's business and survives a reload (sessionStorage). Which session belongs to a
// name is shared by all tabs of the browser (localStorage), so that another tab of the same name is the same user.
const NAME = 'level-2:username'
const sessionKey = (username: string) => `level-2:session:${username.normalize('NFKC').toLowerCase()}`

/** The name this tab is signed in with, also after a reload. */
export function nameOfThisTab(): string | undefined {
  return sessionStorage.getItem(NAME) ?? undefined
}

/** The name last used in this browser: a suggestion. */
export function lastName(): string {
  return localStorage.getItem(NAME) ?? ''
}

export function sessionOf(username: string): string | undefined {
  return localStorage.getItem(sessionKey(username)) ?? undefined
}

export function remember(username: string, sessionId: string): void {
  sessionStorage.setItem(NAME, username)
  localStorage.setItem(NAME, username)
  localStorage.setItem(sessionKey(username), sessionId)
}

/** This tab is nobody; the session stays for the other tabs, and for coming back. */
export function forgetThisTab(): void {
  sessionStorage.removeItem(NAME)
}
