import path from 'node:path'
import type { DeliveryChannel, Models } from '@levels/3-jwt-notifications/src/doors.ts'
import type { Log } from '@levels/shared/server/log.ts'
import type { Config } from '../config.ts'
import type { Deliveries } from '../deliveries/index.ts'
import { createEmailChannel } from './channel.ts'
import { createOutbox, createSmtpTransport } from './transport.ts'

export interface EmailOptions {
  models: Pick<Models, 'User'>
  /** Takes the channel's work; must not have been started. */
  deliveries: Deliveries
  config: Pick<Config, 'smtpUrl' | 'mailFrom' | 'dataDir'>
  log: Log
}

/** Email: for alerts that must not depend on the page or on the browser. */
export function createEmail({ models, deliveries, config, log }: EmailOptions): { channel: DeliveryChannel } {
  const { smtpUrl, mailFrom, dataDir } = config
  const transport =
    smtpUrl === undefined
      ? createOutbox(path.join(dataDir, 'outbox'), mailFrom, log)
      : createSmtpTransport(smtpUrl, mailFrom)
  const channel = createEmailChannel({ models, deliveries: deliveries.model, transport, log })
  return { channel: deliveries.add(channel) }
}
