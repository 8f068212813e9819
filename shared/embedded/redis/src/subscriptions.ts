import { compileGlob, type Matcher } from './glob.ts'
import { bulkString, type ProtocolVersion, push } from './resp-encoder.ts'

/** What the subscriptions need to know of a connection. Channels and patterns are byte strings (latin1). */
export interface Subscriber {
  version: ProtocolVersion
  channels: Set<string>
  patterns: Set<string>
  send(bytes: Buffer): void
}

interface PatternSubscription {
  matches: Matcher
  subscribers: Set<Subscriber>
}

/** Who listens to what. Nothing is kept for a channel or pattern that nobody listens to. */
export class Subscriptions {
  #channels = new Map<string, Set<Subscriber>>()
  #patterns = new Map<string, PatternSubscription>()

  subscribe(subscriber: Subscriber, channel: string): void {
    subscriber.channels.add(channel)
    const subscribers = this.#channels.get(channel)
    if (subscribers) subscribers.add(subscriber)
    else this.#channels.set(channel, new Set([subscriber]))
  }

  unsubscribe(subscriber: Subscriber, channel: string): void {
    subscriber.channels.delete(channel)
    const subscribers = this.#channels.get(channel)
    subscribers?.delete(subscriber)
    if (subscribers?.size === 0) this.#channels.delete(channel)
  }

  subscribePattern(subscriber: Subscriber, pattern: string): void {
    subscriber.patterns.add(pattern)
    const subscription = this.#patterns.get(pattern)
    if (subscription) subscription.subscribers.add(subscriber)
    else this.#patterns.set(pattern, { matches: compileGlob(pattern), subscribers: new Set([subscriber]) })
  }

  unsubscribePattern(subscriber: Subscriber, pattern: string): void {
    subscriber.patterns.delete(pattern)
    const subscription = this.#patterns.get(pattern)
    subscription?.subscribers.delete(subscriber)
    if (subscription?.subscribers.size === 0) this.#patterns.delete(pattern)
  }

  /** Ends all subscriptions of a connection that is gone. */
  forget(subscriber: Subscriber): void {
    for (const channel of subscriber.channels) this.unsubscribe(subscriber, channel)
    for (const pattern of subscriber.patterns) this.unsubscribePattern(subscriber, pattern)
  }

  /**
   * Sends a message to everyone who listens, once per matching subscription, and returns how many that were.
   * At-most-once, as in Redis: whoever is not connected now never gets it.
   */
  publish(channel: Buffer, payload: Buffer): number {
    const name = channel.toString('latin1')
    let deliveries = 0
    const direct = this.#channels.get(name)
    if (direct) deliveries += sendToAll(direct, ['message', channel, payload])
    for (const [pattern, { matches, subscribers }] of this.#patterns) {
      if (!matches(name)) continue
      deliveries += sendToAll(subscribers, ['pmessage', Buffer.from(pattern, 'latin1'), channel, payload])
    }
    return deliveries
  }

  /** How many connections listen to exactly this channel (patterns do not count). */
  subscriberCount(channel: string): number {
    return this.#channels.get(channel)?.size ?? 0
  }

  /** Channels that somebody listens to, all or those that match the pattern. */
  activeChannels(pattern = '*'): string[] {
    return [...this.#channels.keys()].filter(compileGlob(pattern))
  }

  /** How many different patterns are listened to. */
  patternCount(): number {
    return this.#patterns.size
  }
}

/** Encodes the message once for each protocol version in use, however many subscribers there are. */
function sendToAll(subscribers: Set<Subscriber>, parts: (string | Buffer)[]): number {
  const encoded = new Map<ProtocolVersion, Buffer>()
  for (const subscriber of subscribers) {
    const bytes = encoded.get(subscriber.version) ?? push(subscriber.version, parts.map(bulkString))
    encoded.set(subscriber.version, bytes)
    subscriber.send(bytes)
  }
  return subscribers.size
}
