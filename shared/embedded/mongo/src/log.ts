import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { decode, encode } from './bson.ts'
import type { Change } from './store.ts'

// The file is frames one after another, one frame a command: length and CRC-32 of the payload (4 bytes each,
// little-endian), then the command's changes as BSON documents. A frame is read whole or not at all.
const FILE = 'mongo.log'
const HEADER = 8
const SYNC_MS = 100
const SNAPSHOT_FRAME = 1024 * 1024

const syncFile = promisify(fdatasync)

/** An append-only log of changes on disk. */
export class Log {
  readonly #file: number
  readonly #timer: NodeJS.Timeout
  #unsynced = false
  #syncs: Promise<void> = Promise.resolve()
  /** How many bytes at the end were torn or damaged when the log was opened. */
  readonly droppedBytes: number = 0

  /**
   * Reads the log in `directory`, calls `apply` for every change up to the first frame that is torn or
   * damaged, then writes the file anew from `snapshot`: only what is still there, and a clean end. A damaged
   * file is kept beside it as `mongo.log.damaged`.
   * `onFailure` is told when the disk refuses a later sync. Throws when the disk cannot be read or written.
   */
  constructor(
    directory: string,
    apply: (change: Change) => void,
    snapshot: () => Iterable<Change>,
    onFailure: (error: unknown) => void,
  ) {
    const path = join(directory, FILE)
    if (existsSync(path)) this.droppedBytes = readChanges(path, apply)
    this.#file = openSync(`${path}.new`, 'w', 0o600)
    try {
      writeSnapshot(this.#file, snapshot())
      fsyncSync(this.#file)
      if (this.droppedBytes > 0) keepDamaged(path)
      renameSync(`${path}.new`, path)
      syncDirectory(directory)
    } catch (error) {
      closeSync(this.#file)
      rmSync(`${path}.new`, { force: true })
      throw error
    }
    this.#timer = setInterval(() => this.sync().catch(onFailure), SYNC_MS).unref()
  }

  /** Writes one frame. Once it returns, the changes survive the death of this process. Throws if not. */
  append(changes: Change[]): void {
    writeFrame(this.#file, changes.map(encode))
    this.#unsynced = true
  }

  /** Resolves once everything appended so far is on the disk itself. Syncs asked for together are one. */
  sync(): Promise<void> {
    this.#syncs = this.#syncs.then(async () => {
      if (!this.#unsynced) return
      this.#unsynced = false
      await syncFile(this.#file)
    })
    return this.#syncs
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    try {
      await this.sync()
    } finally {
      closeSync(this.#file)
    }
  }
}

function writeSnapshot(file: number, snapshot: Iterable<Change>): void {
  let batch: Uint8Array[] = []
  let size = 0
  for (const change of snapshot) {
    const bytes = encode(change)
    batch.push(bytes)
    size += bytes.length
    if (size < SNAPSHOT_FRAME) continue
    writeFrame(file, batch)
    batch = []
    size = 0
  }
  if (size > 0) writeFrame(file, batch)
}

function writeFrame(file: number, documents: Uint8Array[]): void {
  const payload = Buffer.concat(documents)
  const header = Buffer.alloc(HEADER)
  header.writeUInt32LE(payload.length, 0)
  header.writeUInt32LE(crc32(payload), 4)
  const frame = Buffer.concat([header, payload])
  // A disk that is filling up may take a part; the next attempt then throws ENOSPC.
  for (let written = 0; written < frame.length; ) written += writeSync(file, frame, written)
}

// Applies the changes of all frames before the first damaged one; returns how many bytes follow them.
function readChanges(path: string, apply: (change: Change) => void): number {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const header = Buffer.alloc(HEADER)
    let position = 0
    while (readSync(file, header, 0, HEADER, position) === HEADER) {
      const length = header.readUInt32LE(0)
      if (length === 0 || length > size - position - HEADER) break
      const payload = Buffer.alloc(length)
      readSync(file, payload, 0, length, position + HEADER)
      if (crc32(payload) !== header.readUInt32LE(4)) break
      for (const change of decodeChanges(payload)) apply(change)
      position += HEADER + length
    }
    return size - position
  } finally {
    closeSync(file)
  }
}

// A second name for the old file: the new one is about to take its own.
function keepDamaged(path: string): void {
  rmSync(`${path}.damaged`, { force: true })
  linkSync(path, `${path}.damaged`)
}

function* decodeChanges(payload: Buffer): Generator<Change> {
  for (let at = 0; at < payload.length; ) {
    const length = payload.readInt32LE(at)
    yield decode(payload.subarray(at, at + length)) as unknown as Change
    at += length
  }
}

// A rename is durable once its directory is; Windows cannot open one.
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(directory, 'r')
  fdatasyncSync(handle)
  closeSync(handle)
}
