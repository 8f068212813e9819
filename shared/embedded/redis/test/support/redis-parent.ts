/** A process that starts a Redis of the given kind, reports its URI, and waits to be killed. */
import { type RedisKind, startRedis } from '../../src/index.ts'

const redis = await startRedis({ kind: process.argv[2] as RedisKind })
process.send?.(redis.uri)
