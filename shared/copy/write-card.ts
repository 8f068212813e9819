import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import type { CardCopy } from './card.ts'

/** In the copy's folder: what was written there, to tell later whether it was changed there, or here. */
const RECORD = '.copied.json'

export interface CopyRecord {
  card: string
  revision: string
  /** For each file where it comes from, from the root of the repository, and the SHA-256 of its text as it was written. */
  files: Record<string, { source?: string; sha256: string }>
}

/** What writing a copy would do. Paths are inside its folder. */
export interface Changes {
  added: string[]
  updated: string[]
  /** Written by an earlier copy, no part of the card any more. */
  removed: string[]
  /** Changed there by somebody: writing would lose it. */
  refused: string[]
}

/** Compares a copy with what is in `folder`. */
export function compareCopy(folder: string, copy: CardCopy): Changes {
  const record = readRecord(folder)
  const changes: Changes = { added: [], updated: [], removed: [], refused: [] }
  const isChangedThere = (file: string, text: string) => record?.files[file]?.sha256 !== sha256(text)
  for (const [file, { text }] of copy) {
    const there = readIfThere(path.join(folder, file))
    if (there === undefined) changes.added.push(file)
    else if (there !== text) changes[isChangedThere(file, there) ? 'refused' : 'updated'].push(file)
  }
  for (const file of Object.keys(record?.files ?? {})) {
    const there = readIfThere(path.join(folder, file))
    if (copy.has(file) || there === undefined) continue
    changes[isChangedThere(file, there) ? 'refused' : 'removed'].push(file)
  }
  return changes
}

/** Writes a copy into `folder`, whatever is there. */
export function writeCopy(folder: string, copy: CardCopy, card: string, revision: string): void {
  for (const file of Object.keys(readRecord(folder)?.files ?? {})) {
    if (!copy.has(file)) rmSync(path.join(folder, file), { force: true })
  }
  const record: CopyRecord = { card, revision, files: {} }
  for (const [file, { source, text }] of copy) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
    record.files[file] = { ...(source && { source }), sha256: sha256(text) }
  }
  writeFileSync(path.join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`)
}

/** Throws when one of these files cannot be written: to ask first leaves nothing half done. */
export function requireWritable(files: readonly string[]): void {
  for (const place of new Set(files.map(nearest))) {
    const isFile = files.includes(place)
    if (statSync(place).isDirectory() === isFile)
      throw new Error(`${place} is ${isFile ? 'a folder: a file is to be written there' : 'not a folder'}`)
    try {
      accessSync(place, constants.W_OK)
    } catch {
      throw new Error(`${place} cannot be written: you have no permission`)
    }
  }
}

/** The file, or the folder that is there already and would get it. */
function nearest(file: string): string {
  return existsSync(file) ? file : nearest(path.dirname(file))
}

/** What an earlier copy wrote down, or undefined when there was none. */
export function readRecord(folder: string): CopyRecord | undefined {
  const text = readIfThere(path.join(folder, RECORD))
  return text === undefined ? undefined : JSON.parse(text)
}

export function readIfThere(file: string): string | undefined {
  return existsSync(file) && statSync(file).isFile() ? readFileSync(file, 'utf8') : undefined
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
