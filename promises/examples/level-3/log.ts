import path from 'node:path'
import { createRecord, readRecord, replaceRecord } from './files.ts'

export interface Notification {
  id: string
  seq: number
  type: 'message'
  title: string
  message: string
  from: string
  createdAt: string
  readAt?: string
}

/** What a sender gives. */
export interface Draft {
  title: string
  message: string
  from: string
  /** The sender's Idempotency-Key. */
  key?: string | undefined
}

/** How far somebody has got in the own log. */
export interface Progress {
  seen: number
  read: number
  readAt?: string
}

/** How many keys of a log are remembered. */
const KEYS = 1_000

/** Each person's notifications as files 1, 2, 3 …: a number is taken only by the file that has it. */
export class FileLog {
  private readonly dir: string
  private readonly known = new Map<string, { last: number; keys: Map<string, number> }>()

  constructor(dir: string) {
    this.dir = dir
  }

  /** Stores one as the owner's next, unless its sender has used the same key before: then it is that one. */
  append(owner: string, draft: Draft): Notification {
    while (true) {
      const seq = this.last(owner) + 1
      const again = this.findByKey(owner, draft)
      if (again) return again
      const id = owner + seq.toString(16).padStart(8, '0')
      const stored = { id, seq, type: 'message' as const, createdAt: new Date().toISOString(), ...draft }
      // Another process may have been faster: then that one is read, its key too, and the next number tried.
      if (createRecord(this.fileOf(owner, seq), stored)) return withoutKey(stored)
    }
  }

  /** The number of the newest one; 0 when there is none. */
  last(owner: string): number {
    const known = this.known.get(owner) ?? { last: 0, keys: new Map<string, number>() }
    this.known.set(owner, known)
    for (let next = this.load(owner, known.last + 1); next; next = this.load(owner, known.last + 1)) {
      known.last = next.seq
      if (next.key === undefined) continue
      known.keys.set(`${next.from} ${next.key}`, next.seq)
      for (const oldest of known.keys.keys()) {
        if (known.keys.size <= KEYS) break
        known.keys.delete(oldest)
      }
    }
    return known.last
  }

  read(owner: string, seq: number): Notification | undefined {
    const stored = this.load(owner, seq)
    const { read, readAt } = this.progress(owner)
    return stored && { ...withoutKey(stored), ...(readAt !== undefined && seq <= read && { readAt }) }
  }

  /** Those behind `after`, oldest first, at most so many. */
  behind(owner: string, after: number, most: number): Notification[] {
    const until = Math.min(this.last(owner), after + most)
    return Array.from({ length: Math.max(0, until - after) }, (_, n) =>
      this.read(owner, after + n + 1),
    ).filter((one) => one !== undefined)
  }

  progress(owner: string): Progress {
    return readRecord<Progress>(path.join(this.dir, owner, 'progress.json')) ?? { seen: 0, read: 0 }
  }

  /** Never goes back, and never beyond the newest. */
  advance(owner: string, { seen = 0, read = 0 }: Partial<Progress>): Progress {
    const [last, before] = [this.last(owner), this.progress(owner)]
    const after = {
      seen: Math.max(before.seen, Math.min(seen, last)),
      read: Math.max(before.read, Math.min(read, last)),
      readAt: new Date().toISOString(),
    }
    replaceRecord(path.join(this.dir, owner, 'progress.json'), after)
    return after
  }

  protected findByKey(owner: string, { from, key }: Draft): Notification | undefined {
    const seq = key === undefined ? undefined : this.known.get(owner)?.keys.get(`${from} ${key}`)
    return seq === undefined ? undefined : this.read(owner, seq)
  }

  private load(owner: string, seq: number): (Notification & Draft) | undefined {
    return readRecord(this.fileOf(owner, seq))
  }

  private fileOf(owner: string, seq: number): string {
    return path.join(this.dir, owner, 'log', String(seq))
  }
}

function withoutKey({ key: _, ...notification }: Notification & Draft): Notification {
  return notification
}
