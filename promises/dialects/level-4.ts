import type { PushService, TestSubscription } from '@levels/shared/testing/push-service.ts'
import type { DialectOptions } from './dialect.ts'
import { type Level3, type Level3Person, speakLevel3 } from './level-3.ts'

/** Level 4: level 3 on several instances, and devices with Web Push. */
export interface Level4 extends Level3 {
  readonly level: 4
  /** Subscribes one more device of this person. Rejects when the server refuses it. */
  addDevice(person: Level3Person): Promise<Device>
}

/** A browser whose push messages come to the run's own push service. */
export interface Device {
  readonly name: string
  readonly subscription: TestSubscription
  /** What came to it, decrypted, in order. */
  received(): { message: string; seq: number; id: string; plaintext: string }[]
}

export interface Level4Options extends DialectOptions {
  /** Where devices subscribe; the servers have to trust it (PUSH_ALLOWED_HOSTS, PUSH_CA_FILE). */
  pushService: PushService
}

export function speakLevel4({ pushService, ...options }: Level4Options): Level4 {
  let devices = 0
  return {
    ...speakLevel3(options, 4),
    level: 4,
    async addDevice(person) {
      const keyAnswer = await person.api('GET', '/api/push/public-key')
      const { publicKey } = keyAnswer.json as { publicKey: string }
      const subscription = pushService.subscribe({ applicationServerKey: publicKey })
      const { endpoint, keys } = subscription
      const body = { endpoint, expirationTime: null, keys }
      const { status, text } = await person.api('POST', '/api/push/subscriptions', body)
      if (status !== 201) throw new Error(`POST /api/push/subscriptions: ${status} ${text.slice(0, 200)}`)
      const received: ReturnType<Device['received']> = []
      let looked = 0
      return {
        name: `${person.name}'s device ${++devices}`,
        subscription,
        received() {
          // Each is read once: a run that lasts asks often.
          for (const message of pushService.messages.slice(looked)) {
            looked++
            const { plaintext } = message
            if (message.endpoint === endpoint) received.push({ ...JSON.parse(plaintext), plaintext })
          }
          return [...received]
        },
      }
    },
  }
}
