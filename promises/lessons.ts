import { type Expected, expectedOf, type Level, type Promised, type PromiseId } from './promises.ts'

const folders = ['level-1-websocket', 'level-2-socketio', 'level-3-jwt-notifications', 'level-4-push-scaling']

/** The section of each lesson that says what breaks at that level. */
const breaks = [
  'what-breaks-here-and-which-level-cures-it',
  'what-breaks-here-and-which-level-cures-it',
  'what-breaks-here-and-what-level-4-cures',
  'what-breaks-here-and-what-would-cure-it',
]

/** Where level 4 explains what it adds; everything else it keeps as level 3 does. */
const addedAtLevel4: Partial<Record<PromiseId, string>> = {
  'closed-browser': 'who-is-told-how-and-when',
  'no-needless-push': 'who-is-told-how-and-when',
  'push-persists': 'who-is-told-how-and-when',
  'safe-endpoints': 'going-to-production',
  'an-instance-dies': 'two-instances-and-redis',
  'the-bus-dies': 'two-instances-and-redis',
}

/** What to read about a promise that a server of this level has broken: a lesson's section, from the root. */
export function lessonOf(promise: Promised, level: Level): string {
  const expected: Expected = expectedOf(promise, level)
  const added = addedAtLevel4[promise.id]
  if (expected !== '✓') return section(level, breaks[level - 1])
  if (level === 4 && added) return section(4, added)
  if (level <= 2) return section(level, 'how-it-works')
  if (promise.group === 'delivery') return section(3, 'the-log')
  return section(3, promise.group === 'security' ? 'tokens' : 'how-it-works')
}

const section = (level: Level, anchor = '') => `${folders[level - 1]}/README.md#${anchor}`
