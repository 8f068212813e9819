import { fstatSync, readSync, write, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { decode, encode } from './bson.ts'
import type { Change } from './store.ts'

// The file is frames one after another, one frame a step of a command: length and CRC-32 of the payload (4 bytes each,
// little-endian), then the changes as BSON documents. A frame is read whole or not at all.
const HEADER = 8
const READ_BYTES = 4 * 1024 * 1024
export const FRAME_BYTES = 256 * 1024

const writeFile = promisify(write)

export function frameOf(documents: Uint8Array[]): Buffer {
  const frame = Buffer.concat([Buffer.alloc(HEADER), ...documents])
  frame.writeUInt32LE(frame.length - HEADER, 0)
  frame.writeUInt32LE(crc32(frame.subarray(HEADER)), 4)
  return frame
}

/** Calls `apply` for the changes of all frames before the first damaged one; returns where that one begins. */
export function readFrames(file: number, apply: (change: Change) => void): number {
  const { size } = fstatSync(file)
  let bytes = Buffer.alloc(0)
  let position = 0 // of `bytes` in the file
  let at = 0 // in `bytes`
  const have = (length: number): boolean => {
    if (bytes.length - at >= length) return true
    if (size - position - at < length) return false
    position += at
    bytes = Buffer.allocUnsafe(Math.min(Math.max(length, READ_BYTES), size - position))
    bytes = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, position))
    at = 0
    return bytes.length >= length
  }
  while (have(HEADER)) {
    const length = bytes.readUInt32LE(at)
    const crc = bytes.readUInt32LE(at + 4)
    if (length === 0 || !have(HEADER + length)) break
    const payload = bytes.subarray(at + HEADER, at + HEADER + length)
    if (crc32(payload) !== crc) break
    for (const change of decodeChanges(payload)) apply(change)
    at += HEADER + length
  }
  return position + at
}

function* decodeChanges(payload: Buffer): Generator<Change> {
  for (let at = 0; at < payload.length; ) {
    const length = payload.readInt32LE(at)
    yield decode(payload.subarray(at, at + length)) as unknown as Change
    at += length
  }
}

/** Frames of about FRAME_BYTES. */
export function* framesOf(changes: Iterable<Change>): Generator<Buffer> {
  let batch: Uint8Array[] = []
  let bytes = 0
  for (const change of changes) {
    const encoded = encode(change)
    batch.push(encoded)
    bytes += encoded.length
    if (bytes < FRAME_BYTES) continue
    yield frameOf(batch)
    batch = []
    bytes = 0
  }
  if (bytes > 0) yield frameOf(batch)
}

// A disk that is filling up may take a part; the next attempt then throws ENOSPC.
export function writeAt(file: number, bytes: Uint8Array, position: number): number {
  let written = 0
  while (written < bytes.length)
    written += writeSync(file, bytes, written, bytes.length - written, position + written)
  return position + bytes.length
}

export async function writeAtLeisure(file: number, bytes: Uint8Array, position: number): Promise<number> {
  let written = 0
  while (written < bytes.length) {
    const left = bytes.length - written
    written += (await writeFile(file, bytes, written, left, position + written)).bytesWritten
  }
  return position + bytes.length
}
