import { type CommonConfig, type Env, readCommonConfig, readInteger } from '@levels/shared/server/config.ts'

export interface Config extends CommonConfig {
  /** How often a socket is asked whether it is there, in milliseconds. */
  heartbeatMs: number
}

/** Throws StartError naming the variable and the cure. */
export function readConfig(env: Env): Config {
  return {
    ...readCommonConfig(env, 3020),
    heartbeatMs: readInteger(env, 'HEARTBEAT_MS', { fallback: 25_000, min: 10, max: 3_600_000 }),
  }
}
