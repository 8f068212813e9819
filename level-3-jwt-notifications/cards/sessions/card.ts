import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'sessions',
  level: 3,
  gives:
    'Accounts and device sessions on your mongoose connection: short access tokens, refresh tokens that are good once, theft noticed, guessing limited on all instances, sockets cut when their session ends.',
  promises: ['identity', 'sign-out', 'theft', 'foreign-pages'],
  entries: [
    'level-3-jwt-notifications/src/sessions/index.ts',
    'level-3-jwt-notifications/src/sessions/models.ts',
  ],
  packages: {
    runtime: [
      'cookie-parser',
      'ipaddr.js',
      'jsonwebtoken',
      'mongoose',
      'quick-lru',
      'rate-limiter-flexible',
      'unhomoglyph',
      'zod',
    ],
    types: ['@types/cookie-parser', '@types/express', '@types/jsonwebtoken', '@types/node', 'express'],
  },
  whenNot: [
    'Users have accounts elsewhere: sign them in there (OpenID Connect), and keep their sessions.',
    'You need to confirm e-mail addresses, reset passwords or ask for a second factor: it does none of these.',
  ],
  wiring: `const models = createSessionModels(mongoose.connection)
await Promise.all(Object.values(models).map((model) => model.createIndexes())) // before you listen
const auth = await createSessionsChapter({ db, models, jwtSecret, accessTokenTtlS: 900, cookieSecure, … })
const [user, isStillRight] = await auth.accounts.logIn(username, password, req.ip) // throws HttpError 401, 429
const { sid, refreshToken } = await auth.sessions.open(user.id, deviceOf(req))
if (!(await isStillRight())) await auth.sessions.end(user.id, [sid]) // the password was changed meanwhile
const caller = await auth.identify(token) // at each request, and at each socket's handshake`,
} satisfies Card
