import { describe, expect, test } from 'vitest'
import type { RedisKind } from '../../src/index.ts'
import { findRedisServer } from '../../src/redis-server.ts'

/**
 * Runs a suite over the embedded server and over a real redis-server: what passes on both is the same behaviour.
 * Without redis-server its half is skipped in plain sight, and with CI=true that is a failure.
 */
export function describeEachRedis(name: string, suite: (kind: RedisKind) => void): void {
  describe(`${name} (embedded)`, () => suite('embedded'))
  if (findRedisServer()) {
    describe(`${name} (redis-server)`, () => suite('redis-server'))
  } else if (process.env.CI === 'true') {
    test(`${name} (redis-server): is on the PATH, as CI needs it`, () => {
      expect(findRedisServer()).toBeDefined()
    })
  } else {
    console.warn(`SKIPPED: ${name} (redis-server). Install redis-server to run this half.`)
    describe.skip(`${name} (redis-server)`, () => suite('redis-server'))
  }
}
