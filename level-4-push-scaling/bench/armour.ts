import { connectDatabase } from '@levels/3-jwt-notifications/src/doors.ts'
import { compareArmour } from '@levels/shared/bench/armour.ts'
import { Types } from 'mongoose'
import webPush from 'web-push'
import { recordOf } from '../src/deliver/deliver.ts'
import { deliveryModel, newDelivery } from '../src/deliver/model.ts'
import { createRecorder } from '../src/deliver/recorder.ts'
import { createVapidAuthorization } from '../src/push/post.ts'
import type { Services } from './services.ts'

/** What the armour of deliveries and of push buys: the work of each without it, and with it. */
export async function benchArmour({ mongo }: Services): Promise<void> {
  const db = await connectDatabase(mongo)
  try {
    const model = deliveryModel(db.useDb(`bench-${Date.now()}`))
    await model.createIndexes()
    const userId = new Types.ObjectId()
    const place = { channel: 'push', userId, target: 'a browser', service: 'a push service' }
    const rows = Array.from({ length: 2_000 }, () =>
      newDelivery({ ...place, notificationId: new Types.ObjectId() }, new Date()),
    )
    const deliveries = await model.insertMany(rows)
    const recorder = createRecorder(model.collection, console)
    const sent = recordOf(1, { kind: 'sent' })
    await compareArmour({
      what: 'outcomes of deliveries, recorded',
      heart: (n) => model.collection.updateOne({ _id: deliveries[n]?._id, claimedBy: null }, { ...sent }),
      async armour(n) {
        const delivery = deliveries[n]
        if (delivery) await recorder.record(delivery, sent)
      },
    })
  } finally {
    await db.close()
  }

  const keys = webPush.generateVAPIDKeys()
  const [audience, subject] = ['https://push.example', 'mailto:admin@example.com']
  const authorizationFor = createVapidAuthorization(keys, subject)
  await compareArmour({
    what: 'signatures for a push service',
    heart: async () =>
      webPush.getVapidHeaders(audience, subject, keys.publicKey, keys.privateKey, 'aes128gcm'),
    armour: async () => authorizationFor(audience),
  })
}
