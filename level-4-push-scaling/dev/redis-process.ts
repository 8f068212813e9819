import { connect } from 'node:net'
import { startRedis } from '@levels/embedded-redis'
import { runService } from './run-service.ts'

// Redis as a process of its own. It may be a redis-server that this process only minds: when that one dies, its
// connection to us closes, and we end as well, so that the cluster starts both again.
await runService(async (address) => {
  const redis = await startRedis(address)
  const giveUp = () => process.exit(1)
  const minder = connect(redis.address.port, '127.0.0.1').on('error', giveUp).on('close', giveUp)
  return {
    ...redis,
    close() {
      minder.off('close', giveUp).destroy()
      return redis.close()
    },
  }
})
