/** What the tests of level 4 use, too: users without the time that hashing takes, and a page without a browser. */

export { nameKey as usernameKey } from '@levels/shared/server/names.ts'
export { openPageLike } from './page-like.ts'
export { quickHash } from './quick-hash.ts'
export { documentedBy, namedIn } from './readme.ts'
