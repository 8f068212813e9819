import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

// The file system as a database that several processes share: each record is a file, written whole under another name
// first, so that nobody ever reads half of one, and a kill leaves all of it or nothing.

/** Writes a record that must be new. False when there is one already, however many try at the same time (link(2)). */
export function createRecord(file: string, record: object): boolean {
  const draft = writeDraft(file, record)
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(draft)
  }
}

/** Writes a record, in place of an older one. */
export function replaceRecord(file: string, record: object): void {
  renameSync(writeDraft(file, record), file)
}

/** The record; undefined when there is none. */
export function readRecord<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

function writeDraft(file: string, record: object): string {
  const draft = `${file}.${randomUUID()}`
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(draft, JSON.stringify(record))
  return draft
}
