import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { compareArmour } from '@levels/shared/bench/armour.ts'
import { startMongoProcess } from '@levels/shared/bench/mongo-process.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import { connectDatabase } from '@levels/shared/server/mongo.ts'
import { Types } from 'mongoose'
import { createLog, readEnds } from '../src/log/log.ts'
import { createPublish } from '../src/log/publish.ts'
import { buildIndexes, createModels, type Models } from '../src/models.ts'
import { createRequireAlive } from '../src/sessions/people.ts'
import { createSessions } from '../src/sessions/sessions.ts'

const USERS = 16

/** What the armour of the log and of the sessions buys: each heart alone, and in its armour, on one database. */
export async function measureArmour(): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'bench-armour-'))
  const mongo = await startMongoProcess(dir)
  const db = await connectDatabase(mongo.uri)
  try {
    const models = createModels(db)
    await buildIndexes(models)
    await measureLog(models)
    await measureSessions(models)
  } finally {
    await db.close()
    await mongo.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

async function measureLog({ Notification }: Models): Promise<void> {
  const { append } = createLog({
    Notification,
    readEnds: (users) => readEnds(Notification, users),
    onStored: () => undefined,
  })
  const publish = createPublish(Notification, [], console)
  const content = { type: 'message' as const, title: 'Measured', message: 'x'.repeat(100) }
  for (const [what, users] of [
    ['notifications to one user', 1],
    [`notifications to ${USERS} users, one each`, USERS],
  ] as const) {
    const [alone, armoured] = [idsOf(users), idsOf(users)]
    await compareArmour({
      what,
      heart: (n) => {
        const entry = { _id: new Types.ObjectId(), userId: pick(alone, n), ...content, createdAt: new Date() }
        return untilTaken(() => append([entry]))
      },
      armour: (n) => publish([{ userId: pick(armoured, n).toHexString(), ...content }]),
    })
  }
}

/** Alone, a heart gives up when others were first 50 times in a row; its sender then asks again. */
async function untilTaken(send: () => Promise<unknown>): Promise<unknown> {
  return send().catch((error: unknown) => {
    if (error instanceof HttpError && error.code === 'busy') return untilTaken(send)
    throw error
  })
}

async function measureSessions({ Session }: Models): Promise<void> {
  const hooks = { onEnded: () => undefined, onReplayed: () => undefined }
  const { open, living } = createSessions(Session, Buffer.alloc(32), hooks)
  const sids: string[] = []
  for (const userId of idsOf(USERS)) {
    sids.push((await open(userId.toHexString(), { userAgent: 'bench', ip: '' })).sid)
  }
  const requireAlive = createRequireAlive(living)
  await compareArmour({
    what: 'questions whether a session is alive',
    heart: (n) => living([pick(sids, n)]),
    armour: (n) => requireAlive(pick(sids, n)),
  })
}

const idsOf = (count: number) => Array.from({ length: count }, () => new Types.ObjectId())

function pick<T>(items: readonly T[], n: number): T {
  const item = items[n % items.length]
  if (item === undefined) throw new Error('there is nothing to pick')
  return item
}
