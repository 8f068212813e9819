import { PULSE } from './happening.ts'
import { emitting } from './recent.ts'
import { type Happening, isHeard, type Lane, lookers, now, story, tell } from './story.ts'

interface AnyClient {
  publish: (channel: string, message: string) => Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
}
/** The two connections of an instance. */
export interface AnyRedis {
  publisher: object
  subscriber: object
}

/** Here an instance says that a page looks at it; and there the others say what they do. */
const [LOOK, TOLD] = ['under-the-hood:look', 'under-the-hood:told']
/** For so long the others tell, unless they are asked again. */
const LOOK_FOR_MS = 10_000
/** Whoever has been silent for some of these has died (client/hood/instances.ts). */
const PULSE_EVERY_MS = 1_000

/**
 * What is published in Redis; and over Redis, what the other instances do, as long as somebody looks. An instance that
 * nobody looks at, here or there, says nothing.
 */
export function watchRedis(redis: AnyRedis, lane: Lane): void {
  const publisher = redis.publisher as AnyClient
  const subscriber = redis.subscriber as AnyClient
  const publish = publisher.publish.bind(publisher)
  publisher.publish = (channel, message) => {
    const { ids } = emitting
    if (!isHeard() || ids.length === 0) return publish(channel, message)
    const told = { from: lane, to: 'redis', ids, sent: `PUBLISH ${channel}` } as const
    const sending = publish(channel, message)
    const at = now()
    sending.then(
      () => tell({ ...told, label: 'published', at }),
      () => tell({ ...told, label: 'published', lost: true, at }),
    )
    return sending
  }

  const mine = new WeakSet<object>()
  let stop: NodeJS.Timeout | undefined
  const pass = (happening: unknown) => {
    if (!mine.has(happening as object)) unheard(publish(TOLD, JSON.stringify({ by: lane, happening })))
  }
  const others = (message: string) => {
    const { by, happening } = JSON.parse(message) as { by: Lane; happening: Happening }
    if (by === lane) return
    mine.add(happening) // not to be passed on once more
    if (story.hasSubscribers) story.publish(happening)
  }
  const pulse = () => tell({ from: lane, to: lane, label: PULSE, ids: [] })
  setInterval(pulse, PULSE_EVERY_MS).unref()
  const look = (by: string) => {
    if (by === lane) return
    if (!stop) story.subscribe(pass)
    pulse()
    clearTimeout(stop)
    stop = setTimeout(() => {
      stop = undefined
      story.unsubscribe(pass)
    }, LOOK_FOR_MS).unref()
  }
  unheard(subscriber.subscribe(LOOK, look))
  unheard(subscriber.subscribe(TOLD, others))
  lookers.add(() => {
    unheard(publish(LOOK, lane))
    pulse()
  })
}

/** Redis may be away: then the picture lacks the other instances, and says so by the arrows that end in a cross. */
function unheard(work: Promise<unknown>): void {
  work.catch((error: unknown) => console.debug(`Under the hood: ${error}`))
}
