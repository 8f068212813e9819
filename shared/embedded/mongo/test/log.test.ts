import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doc } from '../src/bson.ts'
import { Log } from '../src/log.ts'
import type { Change } from '../src/store.ts'

// A log of 40 commands; command i puts one to three documents, so frames differ in length.
const COMMANDS = 40
const dir = mkdtempSync(join(tmpdir(), 'embedded-mongo-log-'))
const changes = (i: number): Change[] =>
  Array.from({ length: (i % 3) + 1 }, (_, part) => ({
    ns: 'd.c',
    put: doc([
      ['_id', i],
      ['part', part],
      ['text', 'x'.repeat(i * 3)],
    ]),
  }))
const ends: number[] = []
let intact: Buffer

const open = (path: string, seen: Change[]) =>
  new Log(path, { apply: (change) => seen.push(change), snapshot: () => seen, size: COMMANDS }, (error) =>
    expect.fail(String(error)),
  )

beforeAll(async () => {
  mkdirSync(join(dir, 'whole'))
  const log = open(join(dir, 'whole'), [])
  for (let i = 0; i < COMMANDS; i++) {
    log.append(changes(i))
    ends.push(statSync(join(dir, 'whole', 'mongo.log')).size)
  }
  await log.close()
  intact = readFileSync(join(dir, 'whole', 'mongo.log'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** What a log of these bytes opens to. */
async function opened(bytes: Buffer): Promise<Change[]> {
  const path = mkdtempSync(join(dir, 'damaged-'))
  writeFileSync(join(path, 'mongo.log'), bytes)
  const seen: Change[] = []
  await open(path, seen).close()
  rmSync(path, { recursive: true })
  return seen
}

// Every opening waits for the disk: some hundred places, spread over frames, lengths, checksums and contents.
const STEP = 61
const prefix = (commands: number) => Array.from({ length: commands }, (_, i) => changes(i)).flat()

describe('a log', () => {
  test('opens to what was appended', async () => {
    expect(await opened(intact)).toEqual(prefix(COMMANDS))
  })

  test('cut anywhere, opens to the commands before the cut', async () => {
    for (let length = 0; length < intact.length; length += STEP) {
      const whole = ends.filter((end) => end <= length).length
      expect(await opened(intact.subarray(0, length)), `cut at ${length}`).toEqual(prefix(whole))
    }
  })

  test('with one bit flipped anywhere, opens to the commands before it', async () => {
    for (let position = 0; position < intact.length; position += STEP) {
      const damaged = Buffer.from(intact)
      damaged[position] = (damaged[position] ?? 0) ^ (1 << (position % 8))
      const whole = ends.filter((end) => end <= position).length
      expect(await opened(damaged), `flipped at ${position}`).toEqual(prefix(whole))
    }
  })

  test('with zeros or noise at its end, opens without them', async () => {
    for (const tail of [
      Buffer.alloc(64),
      Buffer.alloc(5),
      Buffer.from('no frame, but some text of some length'),
    ]) {
      expect(await opened(Buffer.concat([intact, tail]))).toEqual(prefix(COMMANDS))
    }
  })

  test('that was damaged opens to the same again, and takes new commands', async () => {
    const path = mkdtempSync(join(dir, 'again-'))
    writeFileSync(join(path, 'mongo.log'), intact.subarray(0, intact.length - 3))
    const log = open(path, [])
    log.append(changes(0))
    await log.close()
    const seen: Change[] = []
    await open(path, seen).close()
    expect(seen).toEqual([...prefix(COMMANDS - 1), ...changes(0)])
  })

  test('opens although a rewriting was cut short before', async () => {
    const path = mkdtempSync(join(dir, 'half-'))
    copyFileSync(join(dir, 'whole', 'mongo.log'), join(path, 'mongo.log'))
    writeFileSync(join(path, 'mongo.log.new'), intact.subarray(0, 100))
    const seen: Change[] = []
    await open(path, seen).close()
    expect(seen).toEqual(prefix(COMMANDS))
  })
})
