import { describe, expect, it } from 'vitest'
import { check, keepsWhatItAcknowledged } from './checker.ts'
import { createHistory, type Entry } from './history.ts'

/** A history in words: `ann send a to bob`, `bob/1 opened`, `bob/1 shown a 7` (7 is its number in the log). */
function history(...lines: string[]): Entry[] {
  const story = createHistory()
  for (const line of lines) {
    const [who = '', what = '', message, second, to] = line.split(' ')
    if (what === 'opened') {
      story.add(who, 'opened', { of: who.split('/')[0] ?? '' })
      story.add(who, 'ready')
    } else if (what === 'send') story.add(who, 'send', { message: message ?? '', to: [to ?? '*'] })
    else if (second) story.add(who, what as Entry['what'], { message: message ?? '', seq: Number(second) })
    else story.add(who, what as Entry['what'], message === undefined ? {} : { message })
  }
  return story.entries.map((entry, index) => ({ ...entry, at: index }))
}

const calm = { sent: 1, acknowledged: 1, shown: 1, lost: 0, doubled: 0, phantom: 0, disordered: 0 }

describe('check', () => {
  it('finds nothing wrong when what was sent is shown once', () => {
    const seen = history('bob/1 opened', 'ann send a to bob', 'ann acknowledged a', 'bob/1 shown a')
    expect(check(seen)).toEqual({ counts: calm, findings: [] })
  })

  it('counts what was acknowledged and not shown as lost, on each page that should have it', () => {
    const lines = ['bob/1 opened', 'bob/2 opened', 'ann send a to bob', 'ann acknowledged a', 'bob/1 shown a']
    expect(check(history(...lines))).toEqual({
      counts: { ...calm, shown: 0, lost: 1 },
      findings: [{ kind: 'lost', message: 'a', page: 'bob/2', at: 5 }],
    })
  })

  it('does not call lost what nobody acknowledged, nor what a closed page did not show', () => {
    expect(check(history('bob/1 opened', 'ann send a to bob', 'ann unanswered a')).counts.lost).toBe(0)
    const closed = ['bob/1 opened', 'ann send a to bob', 'ann acknowledged a', 'bob/1 closed']
    expect(check(history(...closed)).counts.lost).toBe(0)
  })

  it('asks a page that came later only that one of its person’s pages has shown it', () => {
    const before = [
      'bob/1 opened',
      'ann send a to bob',
      'ann acknowledged a',
      'bob/1 shown a',
      'bob/1 closed',
    ]
    expect(check(history(...before, 'bob/2 opened')).counts.lost).toBe(0)
    const missed = ['ann send a to bob', 'ann acknowledged a', 'bob/2 opened']
    expect(check(history(...missed)).findings).toMatchObject([{ kind: 'lost', page: 'bob/2' }])
  })

  it('counts a notification that one page shows twice, once, and not one that two pages show', () => {
    const lines = ['bob/1 opened', 'bob/2 opened', 'ann send a to bob', 'bob/1 shown a', 'bob/2 shown a']
    expect(check(history(...lines)).counts.doubled).toBe(0)
    const twice = history(...lines, 'bob/1 shown a', 'bob/1 shown a')
    expect(check(twice).findings).toEqual([{ kind: 'doubled', message: 'a', page: 'bob/1', at: 7 }])
  })

  it('finds what was never sent, and what was shown to somebody it was not for', () => {
    const lines = ['bob/1 opened', 'eve/1 opened', 'ann send a to bob', 'bob/1 shown a', 'bob/1 shown b']
    expect(check(history(...lines, 'eve/1 shown a')).findings).toMatchObject([
      { kind: 'phantom', message: 'b', page: 'bob/1' },
      { kind: 'phantom', message: 'a', page: 'eve/1' },
    ])
  })

  it('compares the order of arrival with the order of its sender only', () => {
    const lines = ['bob/1 opened', 'ann send a', 'ann send b', 'eve send c']
    const inOrder = history(...lines, 'bob/1 shown c', 'bob/1 shown a', 'bob/1 shown b')
    expect(check(inOrder).counts.disordered).toBe(0)
    const swapped = history(...lines, 'bob/1 shown b', 'bob/1 shown c', 'bob/1 shown a')
    expect(check(swapped).findings).toMatchObject([{ kind: 'disordered', message: 'a', page: 'bob/1' }])
  })

  it('goes by the number in the log where there is one: that is the order of the list', () => {
    const lines = ['bob/1 opened', 'ann send a', 'ann send b']
    expect(check(history(...lines, 'bob/1 shown b 2', 'bob/1 shown a 1')).counts.disordered).toBe(0)
    expect(check(history(...lines, 'bob/1 shown a 2', 'bob/1 shown b 1')).counts.disordered).toBe(1)
  })

  it('takes a repeated send for one notification', () => {
    const lines = ['bob/1 opened', 'ann send a', 'ann unanswered a', 'ann send a', 'ann acknowledged a']
    expect(check(history(...lines, 'bob/1 shown a')).counts).toEqual(calm)
  })
})

describe('what was acknowledged', () => {
  it.each([
    ['is kept when all of it was shown, whatever else was sent', { ...calm, sent: 2 }, true],
    ['is not kept when some of it was lost', { ...calm, lost: 1 }, false],
    ['is not kept by a server that acknowledges nothing', { ...calm, acknowledged: 0, shown: 0 }, false],
  ])('%s', (_name, counts, isKept) => {
    expect(keepsWhatItAcknowledged(counts)).toBe(isKept)
  })
})
