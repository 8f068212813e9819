import {
  closeSync,
  constants,
  copyFileSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { encode } from './bson.ts'
import { FRAME_BYTES, frameOf, framesOf, readFrames, writeAt, writeAtLeisure } from './log-frames.ts'
import type { Change } from './store.ts'

const SYNC_MS = 100
/** A log is compacted when it is twice as long as what is in it, and longer than this. */
const COMPACT_ABOVE_BYTES = 8 * 1024 * 1024

const syncFile = promisify(fdatasync)

/** The log cannot be written, now: nothing of the command was done. */
export class LogError extends Error {}

/** What a log is a log of. */
export interface Logged {
  /** Repeats a change from the file. */
  apply(change: Change): void
  /** The changes that make the present state out of nothing; it must not change while they are read. */
  snapshot(): Iterable<Change>
  /** How many changes these are. */
  readonly size: number
}

/**
 * An append-only log of changes on disk, `mongo.log`. While it grows it is compacted now and then: the present state is
 * written to a second file, piece by piece, then what was appended meanwhile, and in the end that file takes the name of
 * the first. Killed at any moment, one of the two is there and whole.
 *
 * A disk that is full, or fails, is an error of the command that found it so (LogError); the next one tries again.
 */
export class Log {
  readonly #path: string
  readonly #logged: Logged
  readonly #compactAbove: number
  readonly #timer: NodeJS.Timeout
  readonly #onTrouble: (error: unknown) => void
  #file: number
  #size: number
  #limit: number
  #torn = false
  #unsynced = false
  #suspect = false
  #closed = false
  #line: Promise<void> = Promise.resolve()
  #compaction: Promise<void> | undefined
  /** How many bytes at the end were torn or damaged when the log was opened. */
  readonly droppedBytes: number = 0

  /**
   * Reads the log in `directory` and repeats every change up to the first frame that is torn or damaged. What follows
   * is cut off; the file as it was is kept beside it, as `mongo.log.damaged`.
   * `onTrouble` is told when the disk refuses a sync or a compaction. Throws when the file cannot be used.
   */
  constructor(
    directory: string,
    logged: Logged,
    onTrouble: (error: unknown) => void,
    compactAbove = COMPACT_ABOVE_BYTES,
  ) {
    this.#path = join(directory, 'mongo.log')
    this.#logged = logged
    this.#onTrouble = onTrouble
    this.#compactAbove = compactAbove
    rmSync(`${this.#path}.new`, { force: true })
    this.#file = openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600)
    try {
      let changes = 0
      this.#size = readFrames(this.#file, (change) => {
        changes++
        logged.apply(change)
      })
      this.droppedBytes = fstatSync(this.#file).size - this.#size
      if (this.droppedBytes > 0) {
        copyFileSync(this.#path, `${this.#path}.damaged`)
        ftruncateSync(this.#file, this.#size)
      }
      this.#limit = this.#limitFor(changes > 0 ? (this.#size * logged.size) / changes : 0)
    } catch (error) {
      closeSync(this.#file)
      throw error
    }
    this.#timer = setInterval(() => this.#tick(), SYNC_MS).unref()
  }

  /** Writes one frame. Once it returns, the changes survive the death of this process. Throws LogError if not. */
  append(changes: Change[]): void {
    try {
      if (this.#torn) ftruncateSync(this.#file, this.#size) // a part of a frame that did not fit
      this.#torn = true
      this.#size = writeAt(this.#file, frameOf(changes.map(encode)), this.#size)
      this.#torn = false
      this.#unsynced = true
    } catch (cause) {
      throw new LogError(`The log cannot be written: ${messageOf(cause)}`, { cause })
    }
  }

  /** Resolves once everything appended so far is on the disk itself. Syncs asked for together are one. */
  sync(): Promise<void> {
    return this.#inLine(async () => {
      if (!this.#unsynced) return
      this.#unsynced = false
      try {
        await syncFile(this.#file)
      } catch (cause) {
        // What the system then keeps of it is not known: everything is written anew.
        this.#suspect = true
        throw new LogError(`The log cannot be written: ${messageOf(cause)}`, { cause })
      }
    })
  }

  // One at a time: no file is closed while it is being synced.
  #inLine(work: () => Promise<void>): Promise<void> {
    const done = this.#line.then(work)
    this.#line = done.catch(() => undefined) // whoever asked for it is told
    return done
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#compaction
    try {
      if (this.#torn) ftruncateSync(this.#file, this.#size)
      await this.sync()
    } finally {
      closeSync(this.#file)
    }
  }

  #limitFor(liveBytes: number): number {
    return Math.max(2 * liveBytes, this.#compactAbove)
  }

  #tick(): void {
    this.sync().catch(this.#onTrouble)
    if (this.#compaction || (!this.#suspect && this.#size <= this.#limit)) return
    this.#compaction = this.#compact()
      .catch((error) => {
        // Without room for a second file the first one goes on, and a write that does not fit says so itself.
        this.#limit = this.#size + this.#compactAbove
        if (this.#suspect && !this.#closed) this.#onTrouble(error)
      })
      .finally(() => {
        this.#compaction = undefined
      })
  }

  async #compact(): Promise<void> {
    const next = `${this.#path}.new`
    let copied = this.#size
    const snapshot = this.#logged.snapshot()
    const file = openSync(next, 'w+', 0o600)
    try {
      let size = 0
      for (const frame of framesOf(snapshot)) {
        if (this.#closed) throw new LogError('closed in the middle of a compaction')
        size = await writeAtLeisure(file, frame, size)
      }
      const liveBytes = size
      // What was appended meanwhile: most of it while others work, the rest at once.
      const piece = Buffer.alloc(FRAME_BYTES)
      while (this.#size - copied > FRAME_BYTES) {
        const length = readSync(this.#file, piece, 0, FRAME_BYTES, copied)
        size = await writeAtLeisure(file, piece.subarray(0, length), size)
        copied += length
      }
      await syncFile(file)
      await this.#inLine(async () => {
        const rest = Buffer.alloc(this.#size - copied)
        readSync(this.#file, rest, 0, rest.length, copied)
        size = writeAt(file, rest, size)
        fdatasyncSync(file)
        this.#replaceBy(next, file, size)
      })
      this.#limit = this.#limitFor(liveBytes)
    } catch (error) {
      if (this.#file !== file) closeSync(file)
      rmSync(next, { force: true })
      throw error
    }
  }

  #replaceBy(next: string, file: number, size: number): void {
    renameSync(next, this.#path)
    const old = this.#file
    this.#file = file
    this.#size = size
    this.#torn = false
    this.#unsynced = false
    this.#suspect = false
    closeSync(old)
    // A rename is durable once its directory is; Windows cannot open one.
    if (process.platform === 'win32') return
    const directory = openSync(join(this.#path, '..'), 'r')
    fdatasyncSync(directory)
    closeSync(directory)
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
