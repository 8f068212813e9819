/** What the tests of level 4 use, too: users without the time that hashing takes, and a page without a browser. */

export { hashPassword } from '../../src/sessions/password.ts'
export { usernameKey } from '../../src/username.ts'
export { openPageLike } from './page-like.ts'
