import { connect } from 'node:net'
import { startRedis } from '@levels/shared/embedded/redis/index.ts'
import { runService } from './run-service.ts'

// Redis as a process of its own. It may be a redis-server that this process only minds: when that one dies, its
// connection to us closes, and we end as well, so that the cluster starts both again.
const { uri } = await runService((port) => startRedis({ port }))
const { hostname, port } = new URL(uri)
connect(Number(port), hostname)
  .on('error', () => process.exit(1))
  .on('close', () => process.exit(1))
