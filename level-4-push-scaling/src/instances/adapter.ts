import { RedisAdapter } from '@socket.io/redis-adapter'
import type { Namespace } from 'socket.io'
import type { Adapter, BroadcastOptions, Room } from 'socket.io-adapter'
import type { RedisConnections } from './redis.ts'

/** How long a question to all instances waits for the slowest. */
const REQUESTS_TIMEOUT_MS = 2_000

/**
 * The Socket.IO adapter that carries broadcasts to the other instances through Redis, for `new Server({ adapter })`.
 * `onLost` is called for every message that Redis did not take. Both connections must be ready.
 */
export function createInstanceAdapter(
  { publisher, subscriber }: RedisConnections,
  onLost: () => void,
): typeof Adapter {
  const [publishing, subscribing] = [handled(publisher, onLost), handled(subscriber, onLost)]
  return class extends InstanceAdapter {
    constructor(namespace: Namespace) {
      super(namespace, publishing, subscribing, { requestsTimeout: REQUESTS_TIMEOUT_MS })
    }
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
