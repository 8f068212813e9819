import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'session-tabs',
  level: 3,
  gives:
    'Who is signed in, in every tab of a browser: an access token in memory only, one refresh for all tabs at once, and a sign-out that all of them follow.',
  promises: [],
  noPromise:
    "servers keep promises, and this is a page's part. Level 3's own page is tried with it, in several tabs of a browser.",
  entries: ['level-3-jwt-notifications/client/session.ts'],
  packages: { runtime: [] },
  whenNot: [
    'Your identity provider has a library for browsers: it does this already.',
    'Page and API live on different sites: the refresh cookie (SameSite=Strict) does not travel.',
  ],
  wiring: `const session = createSession({ onSignedIn: draw, onToken: (access) => renew(access.token), onSignedOut: showSignIn })
await session.resume()
await session.signIn('login', { username, password })
setTimeout(() => session.refresh(), session.access.expiresAt - Date.now() - 30_000)`,
} satisfies Card
