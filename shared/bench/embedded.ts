import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import mongoose from 'mongoose'
import { startMongoProcess } from './mongo-process.ts'
import { verdict } from './verdict.ts'

const packageUrl = import.meta.resolve('@levels/embedded-mongo')

const SIZES = [10_000, 100_000]
const OPERATIONS = 2_000
const ROUNDS = 5
const PARALLEL = 20
const TARGET_PER_SECOND = 2_000
const TARGET_START_MS = 250

/** Measures the embedded MongoDB through mongoose, against the targets that it was built for. */
export const parts = { start: benchStart, operations: benchOperations, log: benchLargeLog }

async function benchStart(): Promise<void> {
  const start = Math.min(...[1, 2, 3].map(measureStart))
  report('import and listen', start, TARGET_START_MS)
}

async function benchOperations(): Promise<void> {
  console.log(
    `operations a second through mongoose, ${PARALLEL} at a time, kept on disk, best of ${ROUNDS} rounds`,
  )
  console.log(['operation', ...SIZES.map((size) => `${size} documents`), 'target'].map(cell).join(''))
  const results: Record<string, number>[] = []
  for (const size of SIZES) results.push(await measureOperations(size))
  for (const name of Object.keys(results[0] ?? {})) {
    const rates = results.map((result) => Math.round(result[name] ?? 0))
    const good = rates.every((rate) => rate >= TARGET_PER_SECOND)
    console.log([name, ...rates.map(String), `${TARGET_PER_SECOND}  ${verdict(good)}`].map(cell).join(''))
  }
}

const cell = (text: string, column: number) => (column === 0 ? text.padEnd(28) : text.padStart(18))

// In a process of its own: an import is only an import once.
function measureStart(): number {
  const script = `const before = performance.now()
    const { startEmbeddedMongo } = await import(${JSON.stringify(packageUrl)})
    const mongo = await startEmbeddedMongo()
    console.log(performance.now() - before)
    await mongo.close()`
  const child = spawnSync(process.execPath, [...process.execArgv, '--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  if (child.status !== 0) throw new Error(`The embedded MongoDB did not start: ${child.stderr}`)
  return Number(child.stdout)
}

async function measureOperations(size: number): Promise<Record<string, number>> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-mongo-'))
  const mongo = await startEmbeddedMongo({ dir })
  const connection = await mongoose.createConnection(mongo.uri, { dbName: 'bench' }).asPromise()
  try {
    const schema = new mongoose.Schema({ user: String, seq: Number, title: String, readAt: Date })
    schema.index({ user: 1, seq: 1 }, { unique: true }).index({ user: 1, readAt: 1 })
    const Note = connection.model('Note', schema)
    await Note.init()
    const note = (i: number) => ({
      user: `user ${i % 10}`,
      seq: Math.floor(i / 10),
      title: `Note ${i}`,
      readAt: i % 2 ? new Date(i) : null,
    })
    for (let i = 0; i < size; i += 5_000)
      await Note.insertMany(Array.from({ length: 5_000 }, (_, j) => note(i + j)))
    const one = (i: number) => ({ user: `user ${i % 10}`, seq: (i * 7919) % (size / 10) })
    return {
      'findOne, indexed': await rate((i) => Note.findOne(one(i)).lean()),
      insertOne: await rate((i) => Note.insertOne(note(size + i))),
      'updateOne, indexed': await rate((i) => Note.updateOne(one(i), { $set: { title: `Changed ${i}` } })),
      'updateOne of an indexed field': await rate((i) =>
        Note.updateOne(one(i), { $set: { readAt: new Date(i) } }),
      ),
      'newest 20 of a user': await rate((i) =>
        Note.find({ user: `user ${i % 10}` })
          .sort({ seq: -1 })
          .limit(20)
          .lean(),
      ),
    }
  } finally {
    await connection.close()
    await mongo.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

// The best of five rounds: what the machine does beside the measuring only ever makes it slower.
async function rate(operation: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0
  let best = 0
  for (let round = 1; round <= ROUNDS; round++) {
    const end = round * OPERATIONS
    const worker = async () => {
      while (next < end) await operation(next++)
    }
    const before = performance.now()
    await Promise.all(Array.from({ length: PARALLEL }, worker))
    best = Math.max(best, OPERATIONS / (performance.now() - before))
  }
  return best * 1000
}

const UNREAD = 100_000
const TARGET_LIST_MS = 30
const TARGET_OTHERS_MS = 100

/** A user with 100,000 unread notifications, on a server in a process of its own, and what others notice of it. */
async function benchLargeLog(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'bench-mongo-'))
  let server = await startMongoProcess(dir)
  let connection = await mongoose.createConnection(server.uri, { dbName: 'bench' }).asPromise()
  try {
    let Note = await noteModel(connection)
    const texts = { type: 'message', title: 'A notification', message: 'of the usual length, more or less' }
    for (let seq = 1; seq <= UNREAD; seq += 5_000) {
      const notes = Array.from({ length: 5_000 }, (_, i) => ({
        user: 'many',
        seq: seq + i,
        ...texts,
        readAt: null,
      }))
      await Note.insertMany(notes)
    }
    await Note.insertMany(
      Array.from({ length: 100 }, (_, seq) => ({ user: 'other', seq, ...texts, readAt: null })),
    )

    console.log(`a log of ${UNREAD} unread of one user`)
    const page = (user: string) => Note.find({ user }).sort({ seq: -1 }).limit(20).lean()
    report('newest 20', await median(() => page('many')), TARGET_LIST_MS)
    const count = () => Note.countDocuments({ user: 'many', readAt: null }, { limit: 1000 })
    report('count, up to 1000', await median(count), TARGET_LIST_MS)
    const others = () => page('other')
    const read = Note.updateMany({ user: 'many', readAt: null }, { $set: { readAt: new Date() } }).exec()
    report('mark all, for others at worst', await worstDuring(read, others), TARGET_OTHERS_MS)

    await connection.close()
    await server.stop()
    const before = performance.now()
    server = await startMongoProcess(dir)
    report('process ready again', performance.now() - before)
    connection = await mongoose.createConnection(server.uri, { dbName: 'bench' }).asPromise()
    Note = await noteModel(connection)
    report(
      'delete all, for others at worst',
      await worstDuring(Note.deleteMany({ user: 'many' }).exec(), others),
      TARGET_OTHERS_MS,
    )
  } finally {
    await connection.close()
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function noteModel(connection: mongoose.Connection) {
  const schema = new mongoose.Schema({
    user: String,
    seq: Number,
    type: String,
    title: String,
    message: String,
    readAt: Date,
  })
  schema.index({ user: 1, seq: -1 }, { unique: true })
  const Note = connection.model('Note', schema)
  await Note.init()
  return Note
}

function report(what: string, ms: number, target?: number): void {
  const aim = target === undefined ? '' : `   target ${target} ms  ${verdict(ms <= target)}`
  console.log(`${what.padEnd(32)}${ms.toFixed(1).padStart(8)} ms${aim}`)
}

async function median(operation: () => PromiseLike<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < 21; round++) {
    const before = performance.now()
    await operation()
    times.push(performance.now() - before)
  }
  return times.toSorted((a, b) => a - b)[10] ?? 0
}

/** The longest that `operation` takes while `work` is done, in milliseconds. */
async function worstDuring(work: Promise<unknown>, operation: () => PromiseLike<unknown>): Promise<number> {
  let [worst, working] = [0, true]
  const done = work.finally(() => {
    working = false
  })
  while (working) {
    const before = performance.now()
    await operation()
    worst = Math.max(worst, performance.now() - before)
  }
  await done
  return worst
}
