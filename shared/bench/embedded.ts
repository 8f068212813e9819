import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import mongoose from 'mongoose'

const SIZES = [10_000, 100_000]
const OPERATIONS = 2_000
const ROUNDS = 5
const PARALLEL = 20
const TARGET_PER_SECOND = 2_000
const TARGET_START_MS = 250

/** Measures the embedded MongoDB through mongoose, against the targets that it was built for. */
export async function bench(): Promise<void> {
  const start = Math.min(...[1, 2, 3].map(measureStart))
  console.log(
    `import and listen  ${start.toFixed(0).padStart(6)} ms   target ${TARGET_START_MS} ms  ${verdict(start <= TARGET_START_MS)}\n`,
  )
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

const verdict = (good: boolean) => (good ? 'reached' : 'MISSED')
const cell = (text: string, column: number) => (column === 0 ? text.padEnd(28) : text.padStart(18))

// In a process of its own: an import is only an import once.
function measureStart(): number {
  const url = new URL('@levels/embedded-mongo', import.meta.url)
  const script = `const before = performance.now()
    const { startEmbeddedMongo } = await import(${JSON.stringify(url.href)})
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
