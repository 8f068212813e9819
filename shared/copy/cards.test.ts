import { readFileSync } from 'node:fs'
import path from 'node:path'
import { findPromise } from '@levels/promises/promises.ts'
import { describe, expect, it } from 'vitest'
import { levels } from '../cli/levels.ts'
import { root } from '../testing/process.ts'
import { describeCards, readCards } from './cards.ts'
import { closureOf } from './imports.ts'

/** At most so many files and lines, without the example. */
const LIMITS: Record<string, [files: number, lines: number]> = {
  'websocket-server': [8, 350],
  'reconnecting-websocket': [6, 300],
  presence: [16, 900],
  'answered-events': [8, 400],
  log: [16, 1_100],
  inbox: [10, 700],
  sessions: [20, 1_400],
  'session-tabs': [10, 600],
  'web-push': [26, 2_000],
  'push-page': [14, 900],
  instances: [10, 700],
  'embedded-mongo': [45, 4_500],
}

const cards = await readCards(root)

describe.each(cards)('the card $name', (card) => {
  it('stays small', () => {
    const [files = 0, lines = 0] = LIMITS[card.name] ?? []
    expect(card.files.length).toBeLessThanOrEqual(files)
    expect(card.lines).toBeLessThanOrEqual(lines)
  })

  it('names the packages that its files import, and no others', () => {
    const { packages } = closureOf(
      card.entries.map((entry) => path.join(root, entry)),
      root,
    )
    const named = [...card.packages.runtime, ...(card.packages.types ?? [])]
    expect(named).toEqual(expect.arrayContaining(packages))
    for (const name of card.packages.runtime) {
      // `ws` of its own: what Socket.IO brings along may be older, and has to be bounded.
      expect([...packages, 'ws', 'socket.io'], card.name).toContain(name)
    }
  })

  it('takes no page, no configuration, and no wire tap along', () => {
    const names = card.files.map((file) => path.relative(root, file))
    expect(
      names.filter((name) => /config\.ts|\.css|\.html|tap\.ts|shared\/(client|dev|cli)\//.test(name)),
    ).toEqual([])
  })

  it('names promises that there are, on its level, or says why there is none', () => {
    expect(card.promises.length > 0, card.noPromise).toBe(card.noPromise === undefined)
    for (const id of card.promises) expect(findPromise(id)?.expected[card.level - 1], id).toBe('✓')
  })
})

describe('"Copy this" in the README', () => {
  it.each(levels)('of level $number is what `npm run copy` prints', ({ number, dir }) => {
    const readme = readFileSync(path.join(dir, 'README.md'), 'utf8')
    const section = readme.split('\n## Copy this\n')[1]?.split('\n## ')[0] ?? ''
    expect(section.trim()).toContain(describeCards(cards.filter(({ level }) => level === number)))
  })
})
