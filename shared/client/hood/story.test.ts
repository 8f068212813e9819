import { describe, expect, it } from 'vitest'
import { type Happening, PULSE } from '../../hood/happening.ts'
import { createStories, type Known, nameOf } from './story.ts'

const known: Known = { sockets: ['socket-1'], since: 0, now: 10_000, posts: [], received: [], sent: [] }
let count = 0

/** What an instance tells; its process has a life of its own. */
const told = (life: string, at: number, from: Happening['from'], to: Happening['to'], label: string) => ({
  key: `${life}.${++count}`,
  ...{ at, from, to, label },
  ids: ['n-7'],
})
const lives = (life: string, at: number, lane: Happening['from']) => ({
  ...told(life, at, lane, lane, PULSE),
  ids: [],
})

describe('the picture of a notification', () => {
  it('lets an instance die after the last thing that it did', () => {
    const stories = createStories()
    stories.add(lives('a', 1_000, 'instance:app1'))
    stories.add(lives('b', 1_000, 'instance:app2'))
    stories.add(told('b', 1_400, 'page', 'instance:app2', 'POST /api/notifications'))
    stories.add(told('b', 1_500, 'instance:app2', 'mongo', 'inserted as number 7'))
    stories.add(told('a', 1_800, 'mongo', 'instance:app1', 'due'))
    stories.add(lives('a', 10_000, 'instance:app1'))
    const [picture] = stories.pictures(known)
    expect(picture?.arrows.map(({ label }) => label)).toEqual([
      'POST /api/notifications',
      'inserted as number 7',
      'gone',
      'due',
    ])
  })

  it('begins at this page, however long its request waited for the answer', () => {
    const stories = createStories()
    stories.add(told('a', 1_000, 'page', 'instance:app1', 'POST /api/notifications'))
    stories.add(told('a', 6_000, 'instance:app1', 'page', '201'))
    stories.add(told('a', 8_500, 'page', 'instance:app1', 'POST /api/notifications'))
    const posts = [{ path: '/api/notifications', sentAt: 990, answeredAt: 6_100 }]
    const [picture] = stories.pictures({ ...known, posts })
    expect(picture?.arrows.map(({ from, to }) => `${nameOf(from)} to ${nameOf(to)}`)).toEqual([
      'this page to app1',
      'app1 to this page',
      'other pages to app1',
    ])
  })

  it('stands before those of which only the end was heard, however late that came', () => {
    const stories = createStories()
    const inserted = told('a', 1_000, 'instance:app1', 'mongo', 'inserted as number 8')
    stories.add({ ...inserted, ids: ['n-8'], sent: '{"title": "Lunch is ready"}' })
    stories.add({ ...told('a', 1_500, 'mongo', 'instance:app1', 'due'), sent: 'Is it still wanted?' })
    expect(stories.pictures(known).map(({ title }) => title)).toEqual([
      'Lunch is ready',
      'one that began earlier',
    ])
  })
})
