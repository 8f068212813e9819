import { describe, expect, it } from 'vitest'
import { createCursor } from '../../client/cursor.ts'
import { createInbox } from '../../client/inbox.ts'
import { made } from '../support/made.ts'

describe('the cursor', () => {
  it('does not know where it stands before the server has said so', () => {
    const cursor = createCursor()
    cursor.cover(8, 8)
    expect(cursor.value).toBeUndefined()
    cursor.cover(1, 7)
    expect(cursor.value).toBe(8)
  })

  it('waits before a gap, names it, and catches up when it is filled', () => {
    const cursor = createCursor()
    cursor.cover(1, 3)
    cursor.cover(6, 7)
    expect(cursor.value).toBe(3)
    expect(cursor.gap()).toEqual({ after: 3, before: 6 })
    cursor.cover(4, 4)
    expect(cursor.gap()).toEqual({ after: 4, before: 6 })
    cursor.cover(5, 5)
    expect(cursor.value).toBe(7)
    expect(cursor.gap()).toBeUndefined()
  })

  it('never goes back', () => {
    const cursor = createCursor()
    cursor.cover(1, 9)
    cursor.cover(1, 4)
    cursor.cover(3, 3)
    expect(cursor.value).toBe(9)
  })

  it('stands at 0 in an empty log', () => {
    const cursor = createCursor()
    cursor.cover(1, 0)
    expect(cursor.value).toBe(0)
  })
})

describe('the inbox', () => {
  it('shows a notification once that comes live, in the snapshot and as a missed one', () => {
    const { inbox, shown } = openInbox()
    inbox.connecting()
    inbox.live(made(1))
    inbox.initial({ items: [made(1)], unread: 1, upTo: 1 })
    inbox.missed({ items: [made(1)], more: false, upTo: 1 })
    inbox.live(made(1))
    expect(inbox.list().map(({ seq }) => seq)).toEqual([1])
    expect(shown).toEqual([])
  })

  it('announces a live one once, also when it had to wait for the snapshot', () => {
    const { inbox, shown } = openInbox()
    inbox.connecting()
    inbox.live(made(1))
    inbox.initial({ items: [], unread: 0, upTo: 0 })
    inbox.live(made(1))
    expect(shown).toEqual([1])
  })

  it('keeps a deletion that overtook an older snapshot', () => {
    const { inbox } = openInbox()
    inbox.connecting()
    inbox.deleted({ id: 'n1', seq: 1 })
    inbox.initial({ items: [made(1)], unread: 1, upTo: 1 })
    expect(inbox.list()).toEqual([])
    expect(inbox.cursor).toBe(1)
  })

  it('tells apart what was missed and what was read elsewhere meanwhile', () => {
    const { inbox } = openInbox()
    inbox.connecting()
    inbox.initial({ items: [made(1)], unread: 1, upTo: 1 })
    const read = { ...made(2), readAt: 'then' }
    expect(inbox.missed({ items: [read, made(3)], more: false, upTo: 3 }).map(({ seq }) => seq)).toEqual([3])
    expect(inbox.list().map(({ seq }) => seq)).toEqual([3, 2, 1])
  })

  it('takes from the missed ones what the snapshot was too early for', () => {
    const { inbox } = openInbox()
    inbox.connecting()
    inbox.initial({ items: [made(1)], unread: 1, upTo: 2 })
    expect(inbox.cursor).toBeUndefined()
    inbox.missed({ items: [made(1), made(2)], more: false, upTo: 2 })
    expect(inbox.list().map(({ seq }) => seq)).toEqual([2, 1])
    expect(inbox.cursor).toBe(2)
  })

  it('still tells as missed what a snapshot brought before the connection was cut', () => {
    const { inbox } = openInbox()
    inbox.connecting()
    inbox.initial({ items: [made(1)], unread: 1, upTo: 1 })
    inbox.connecting()
    inbox.initial({ items: [made(1)], unread: 1, upTo: 1 })
    expect(inbox.missed({ items: [made(1)], more: false, upTo: 1 })).toEqual([made(1)])
  })

  it('still tells as missed what came live and in a snapshot before the connection was cut', () => {
    const { inbox } = openInbox()
    inbox.connecting()
    inbox.initial({ items: [], unread: 0, upTo: 0 })
    inbox.missed({ items: [], more: false, upTo: 0 })
    inbox.connecting()
    inbox.live(made(1))
    inbox.initial({ items: [made(1)], unread: 1, upTo: 1 })
    expect(inbox.cursor).toBe(0) // so the next connection asks for it again
    inbox.connecting()
    inbox.initial({ items: [made(1)], unread: 1, upTo: 1 })
    expect(inbox.missed({ items: [made(1)], more: false, upTo: 1 })).toEqual([made(1)])
    expect(inbox.cursor).toBe(1)
  })

  it('does not call missed what was on screen already', () => {
    const { inbox } = openInbox()
    inbox.connecting()
    inbox.initial({ items: [made(1)], unread: 1, upTo: 1 })
    inbox.live(made(2))
    expect(inbox.missed({ items: [made(2), made(3)], more: false, upTo: 3 }).map(({ seq }) => seq)).toEqual([
      3,
    ])
  })

  it('drops on reconnecting what another device deleted while this tab was away', () => {
    const { inbox } = openInbox()
    inbox.connecting()
    inbox.initial({ items: [made(2), made(1)], unread: 2, upTo: 2 })
    inbox.connecting()
    inbox.initial({ items: [made(1)], unread: 1, upTo: 2 })
    inbox.missed({ items: [], more: false, upTo: 2 })
    expect(inbox.list().map(({ seq }) => seq)).toEqual([1])
  })

  it('marks as read and unread, and all up to a number', () => {
    const { inbox } = openInbox()
    inbox.connecting()
    inbox.initial({ items: [made(3), made(2), made(1)], unread: 3, upTo: 3 })
    inbox.allRead({ upTo: 2, readAt: 'now' })
    inbox.updated({ id: 'n1', seq: 1, readAt: null })
    expect(inbox.list().map(({ readAt }) => readAt)).toEqual([undefined, 'now', undefined])
  })

  it('does not bring back what was deleted while an answer was under way', () => {
    const { inbox } = openInbox()
    inbox.connecting()
    inbox.initial({ items: [made(2), made(1)], unread: 2, upTo: 2 })
    inbox.deleted({ id: 'n1', seq: 1 })
    inbox.stretch({ from: 1, to: 1, items: [made(1)] })
    inbox.found([made(1)])
    expect(inbox.list().map(({ seq }) => seq)).toEqual([2])
  })
})

function openInbox() {
  const shown: number[] = []
  const inbox = createInbox({ onChange: () => undefined, onNew: ({ seq }) => shown.push(seq) })
  return { inbox, shown }
}
