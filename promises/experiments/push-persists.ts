import { setTimeout as sleep } from 'node:timers/promises'
import type { Behaviour } from '@levels/shared/testing/push-service.ts'
import type { Arena, Experiment } from '../arena.ts'
import type { Person } from '../dialects/dialect.ts'
import { untilPushed } from './closed-browser.ts'
import { sendOne } from './sending.ts'

interface Part {
  isRight: boolean
  says: string
}

/** A bad moment may cost a few seconds. */
const WITHIN_MS = 15_000
/** "Nothing" costs the sender 10 s of waiting before it can try again. */
const WITHIN_AFTER_NOTHING_MS = 30_000
/** Long enough for a second one that should not be. */
const QUIET_MS = 2_000

/** A push service with a bad moment gets it later, and once; one that says that the device is gone is not asked again. */
export const pushPersists: Experiment = async (arena) => {
  const ann = await arena.person('ann')
  // What is broken already is not waited for in the other parts.
  const broken = new AbortController()
  const part = async (name: string, behaviour: Behaviour) => {
    const found = await later(arena, ann, name, behaviour, broken.signal)
    if (!found.isRight) broken.abort()
    return found
  }
  const parts = await Promise.all([
    part('429', { answer: 429, retryAfter: 1 }),
    part('500', { answer: 500 }),
    part('nothing', { answer: 'hang' }),
    never(arena, ann, 404),
    never(arena, ann, 410),
  ])
  const isKept = parts.every(({ isRight }) => isRight)
  return { verdict: isKept ? 'kept' : 'broken', evidence: parts.map(({ says }) => says).join('; ') }
}

async function later(
  arena: Arena,
  ann: Person,
  name: string,
  behaviour: Behaviour,
  stop: AbortSignal,
): Promise<Part> {
  const bob = await arena.level4.person(`b${name}`)
  const device = await arena.level4.addDevice(bob)
  device.subscription.setBehaviour(behaviour, { answer: 201 })
  arena.history.add('push service', 'told', { note: `${device.name}: ${name} once, then 201` })
  await sendOne(arena, ann, bob.name, arena.text(ann, name))
  const withinMs = behaviour.answer === 'hang' ? WITHIN_AFTER_NOTHING_MS : WITHIN_MS
  await untilPushed([device], 1, withinMs, stop)
  if (stop.aborted && device.received().length === 0)
    return { isRight: true, says: `${name}: not waited for` }
  await sleep(QUIET_MS)
  const pushed = device.received().length
  return { isRight: pushed === 1, says: `${name}: pushed ${pushed} time${pushed === 1 ? '' : 's'} later` }
}

async function never(arena: Arena, ann: Person, status: number): Promise<Part> {
  const bob = await arena.level4.person(`b${status}`)
  const [gone, other] = [await arena.level4.addDevice(bob), await arena.level4.addDevice(bob)]
  gone.subscription.setBehaviour({ answer: status })
  arena.history.add('push service', 'told', { note: `${gone.name}: ${status}` })
  // The second one is sent when the other device has the first: by then the answer has had its effect.
  for (const n of [1, 2]) {
    await sendOne(arena, ann, bob.name, arena.text(ann, `${status}, ${n}`))
    await untilPushed([other], n, WITHIN_MS)
    await sleep(500)
  }
  const asked = arena.requestsTo(gone.subscription.endpoint)
  const isRight = asked === 1 && other.received().length === 2
  return { isRight, says: `${status}: asked ${asked} time${asked === 1 ? '' : 's'}` }
}
