import { type CommonConfig, type Env, readCommonConfig, readInteger } from '@levels/shared/server/config.ts'
import { MAX_WAITING_BYTES } from './send.ts'

export interface Config extends CommonConfig {
  /** How often every peer is asked whether it is still there, in milliseconds. */
  heartbeatMs: number
  /** The largest message taken, in bytes. */
  maxMessageBytes: number
  /** The most sockets open at once. */
  maxClients: number
}

/** Throws StartError naming the variable and the cure. */
export function readConfig(env: Env): Config {
  return {
    ...readCommonConfig(env, 3010),
    heartbeatMs: readInteger(env, 'HEARTBEAT_MS', { fallback: 30_000, min: 10, max: 3_600_000 }),
    // At most what may wait for a reader: the echo of anything larger would look like a reader that is too slow.
    maxMessageBytes: readInteger(env, 'MAX_MESSAGE_BYTES', {
      fallback: 65_536,
      min: 1,
      max: MAX_WAITING_BYTES,
    }),
    maxClients: readInteger(env, 'MAX_CLIENTS', { fallback: 10_000, min: 1, max: 1_000_000 }),
  }
}
