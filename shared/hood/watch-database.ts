import { remember } from './recent.ts'
import { isHeard, type Lane, now, tell, whereNow } from './story.ts'

interface Operation {
  _id: unknown
  collectionName: string
  method: string
  params?: unknown[]
}
interface Ended extends Operation {
  result?: { modifiedCount?: number } | null
  error?: unknown
}

/** As much of a connection of mongoose as is used here: it says what it does by itself, if somebody listens. */
export interface AnyConnection {
  on(event: 'operation-start', listener: (operation: Operation) => void): unknown
  on(event: 'operation-end', listener: (operation: Ended) => void): unknown
}

interface Stored {
  _id: unknown
  userId: unknown
  seq: number
}

/** What an operation means in the life of a notification. */
interface Meaning {
  label: string
  ids: string[]
  sent: unknown
  /** The inserted ones: their numbers are told apart later. */
  stored?: Stored[]
  /** Whether nothing happened unless a document was changed: somebody else was first. */
  race?: boolean
}

/** What is asked of MongoDB about notifications, and their deliveries. */
export function watchDatabase(db: AnyConnection, lane: Lane): void {
  const open = new Map<string, Meaning & { at: number; where: string[] }>()
  db.on('operation-start', (operation) => {
    const meaning = isHeard() ? meaningOf(operation) : undefined
    if (meaning) open.set(String(operation._id), { ...meaning, at: now(), where: whereNow() })
  })
  db.on('operation-end', ({ _id, result, error }) => {
    const done = open.get(String(_id))
    if (!done) return
    open.delete(String(_id))
    const { at, ids, label, where, stored = [], race } = done
    if (race && !error && !result?.modifiedCount) return
    const sent = JSON.stringify(done.sent, undefined, 1)
    if (label === 'claimed')
      tell({
        from: 'mongo',
        to: lane,
        label: 'due',
        ids,
        at,
        where,
        sent: 'Its time has come: is it still wanted?',
      })
    tell({
      from: lane,
      to: 'mongo',
      label: error ? `${label}: refused` : label,
      ids,
      at,
      where,
      sent,
      lost: !!error,
    })
    for (const { _id: id, userId, seq } of stored) remember(String(id), String(userId), seq)
  })
}

function meaningOf({ collectionName, method, params = [] }: Operation): Meaning | undefined {
  const [first, change] = params
  if (collectionName === 'notifications' && method.startsWith('insert')) return inserted(first)
  if (collectionName === 'notifications' && method === 'updateMany') return changed(first, change)
  if (collectionName === 'deliveries' && method === 'insertMany') return queued(first)
  return undefined
}

function inserted(documents: unknown): Meaning {
  const stored = (Array.isArray(documents) ? documents : [documents]) as Stored[]
  const [only] = stored
  const label = stored.length === 1 ? `inserted as number ${only?.seq}` : `inserted, ${stored.length} in one`
  return {
    label,
    ids: stored.map(({ _id }) => String(_id)),
    sent: stored.length === 1 ? only : stored,
    stored,
  }
}

/** A lease is taken by an update that moves the due time, and given back by one that removes it. */
function changed(filter: unknown, change: unknown): Meaning | undefined {
  const { _id } = (filter ?? {}) as { _id?: { $in?: unknown[] } }
  const text = JSON.stringify(change)
  if (!_id?.$in || !text.includes('claimedBy')) return undefined
  const ids = _id.$in.map(String)
  const label = text.includes('$unset') ? 'decided' : 'claimed'
  return { label, ids, sent: change, race: true }
}

function queued(documents: unknown): Meaning {
  const rows = documents as { notificationId: unknown; channel: string; service: string }[]
  const ids = [...new Set(rows.map(({ notificationId }) => String(notificationId)))]
  const label = rows.length === 1 ? `${rows[0]?.channel} queued` : `${rows.length} queued`
  return { label, ids, sent: rows.map(({ channel, service }) => ({ channel, service })) }
}
