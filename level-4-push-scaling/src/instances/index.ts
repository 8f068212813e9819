import { createTimer } from '@levels/shared/server/timer.ts'
import { RedisAdapter } from '@socket.io/redis-adapter'
import type { Namespace } from 'socket.io'
import type { Adapter, BroadcastOptions, Room } from 'socket.io-adapter'
import { createGapWatch } from './gap-watch.ts'
import type { RedisConnections } from './redis.ts'

/** How long a question to all instances waits for the slowest. */
const REQUESTS_TIMEOUT_MS = 2_000

/**
 * What makes this server one of several. Both connections must be ready. `catchUp` is called when messages of other
 * instances may have been lost: it reads from the database what matters. `isOver` says that no more are being lost.
 * One catching up at a time (a single flight): asked for meanwhile, it runs once more; one that fails, again after a second.
 */
export function createInstances(
  redis: RedisConnections,
  catchUp: (isOver: boolean) => Promise<void>,
  log: Pick<Console, 'info' | 'warn'>,
) {
  const gaps = createGapWatch(redis)
  const [publisher, subscriber] = [handled(redis.publisher, gaps.lost), handled(redis.subscriber, gaps.lost)]
  let isOver = false
  const flight = createTimer('Catching up from the log', fly, log)

  async function fly(): Promise<undefined> {
    const wasOver = isOver
    isOver = false
    try {
      await catchUp(wasOver)
    } catch (error) {
      isOver ||= wasOver
      throw error
    }
  }

  function onGap(over: boolean): void {
    isOver ||= over
    flight.wake()
  }

  /** Carries broadcasts to the other instances, for `new Server({ adapter })`. */
  const adapter: typeof Adapter = class extends InstanceAdapter {
    constructor(namespace: Namespace) {
      super(namespace, publisher, subscriber, { requestsTimeout: REQUESTS_TIMEOUT_MS })
    }
  }

  return {
    adapter,
    isConnected: gaps.isConnected,
    /** Begins; resolves when the other instances are heard. Throws StartError when Redis does not answer in time. */
    async start(): Promise<void> {
      flight.start(Number.POSITIVE_INFINITY)
      await redis.finishStart(gaps.start(onGap))
    },
    /** Says goodbye to the others. The connections are their owner's to close. */
    async close(): Promise<void> {
      void flight.stop()
      await gaps.close()
    },
  }
}

/**
 * RedisAdapter asks Redis even to reach this instance's own sockets: with Redis away, a logout would cut none of them.
 * Here they are reached directly, first. When Redis brings the same order once more, it changes nothing.
 */
class InstanceAdapter extends RedisAdapter {
  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    super.disconnectSockets(here(options), close)
    super.disconnectSockets(options, close)
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    super.addSockets(here(options), rooms)
    super.addSockets(options, rooms)
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    super.delSockets(here(options), rooms)
    super.delSockets(options, rooms)
  }
}

const here = (options: BroadcastOptions) => ({ ...options, flags: { ...options.flags, local: true } })

/** The adapter drops the promises of its commands, and a rejection that nobody handles ends the process. */
function handled<Client extends object>(client: Client, onLost: () => void): Client {
  return new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        const result: unknown = member.apply(target, args)
        if (result instanceof Promise) result.catch(onLost)
        return result
      }
    },
  })
}
