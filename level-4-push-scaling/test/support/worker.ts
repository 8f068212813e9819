import { connectDatabase, createModels, readOrMakeSetting } from '@levels/3-jwt-notifications/src/doors.ts'
import { createLog } from '@levels/shared/server/log.ts'
import { onShutdown } from '@levels/shared/server/shutdown.ts'
import { createDeliveries } from '../../src/deliver/index.ts'
import { createReaders } from '../../src/joins.ts'
import { createPush } from '../../src/push/index.ts'
import { settingsForTests } from './stack.ts'

// A process that does nothing but deliver, impatiently: arguments are the database and the push service's authority.
const [mongodbUri = '', pushCaFile] = process.argv.slice(2)
const db = await connectDatabase(mongodbUri)
const models = createModels(db)
const log = createLog('warn')
const readers = createReaders(models)
const { stillWanted } = readers
const deliveries = createDeliveries({
  db,
  notifications: models.Notification.collection,
  stillWanted,
  log,
  patience: { sweepMs: 200, leaseMarginMs: 3_000 },
})
const { channel } = await createPush({
  ...readers,
  aliveSessions: async (sids) => new Set(sids), // no server here that could end one
  db,
  keep: (name, make) => readOrMakeSetting(models.Setting, name, make),
  config: { ...settingsForTests, pushCaFile },
  log,
})
deliveries.add({ ...channel, attemptMs: 1_000 })
onShutdown(async () => {
  await deliveries.stop()
  await db.close()
})
await deliveries.start()
console.log('delivering')
