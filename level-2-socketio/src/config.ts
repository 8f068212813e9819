import { type CommonConfig, type Env, readCommonConfig } from '@levels/shared/server/config.ts'

export type Config = CommonConfig

/** Throws StartError naming the variable and the cure. */
export function readConfig(env: Env): Config {
  return readCommonConfig(env, 3020)
}
