import { connectDatabase, createModels } from '@levels/3-jwt-notifications/src/doors.ts'
import { createLog } from '@levels/shared/server/log.ts'
import { onShutdown } from '@levels/shared/server/shutdown.ts'
import { createDeliveries } from '../../src/deliveries/index.ts'
import { createPush } from '../../src/push/index.ts'
import { settingsForTests } from './stack.ts'

// A process that does nothing but deliver: arguments are the database, the push service's authority and a name.
const [mongodbUri = '', pushCaFile, instance = ''] = process.argv.slice(2)
const db = await connectDatabase(mongodbUri)
const models = createModels(db)
const deliveries = createDeliveries({ db, models, instance, log: createLog('warn') })
await createPush({
  db,
  models,
  deliveries,
  config: { ...settingsForTests, pushCaFile },
  log: createLog('warn'),
})
onShutdown(async () => {
  await deliveries.stop()
  await db.close()
})
await deliveries.start()
console.log('delivering')
