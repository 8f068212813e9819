import type { Level3Person } from '@levels/promises/dialects/level-3.ts'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import type { TestSubscription } from '@levels/shared/testing/push-service.ts'
import { eventually, openStage, type Stage, send } from '../stage.ts'

export async function check(attempt: Attempt): Promise<void> {
  const stage = await openStage(attempt)
  const server = await stage.start('app1')
  const level = stage.speak(server)
  const [ann, bob, carol] = [
    await level.person('ann'),
    await level.person('bob'),
    await level.person('carol'),
  ]

  attempt.step('bob’s browser asks for the public key')
  const { status, json } = await bob.api('GET', '/api/push/public-key')
  attempt.saw(`bob → GET /api/push/public-key: ${status}`)
  attempt.expect(
    status === 200,
    `GET /api/push/public-key was answered ${status}. A browser subscribes for one sender: it needs your public key first.`,
  )
  const { publicKey } = json as { publicKey?: unknown }
  attempt.expect(
    publicKey === stage.env.VAPID_PUBLIC_KEY,
    'GET /api/push/public-key did not give { publicKey } with the key of VAPID_PUBLIC_KEY. A key that is made at each start is another one after the next restart, and every browser that subscribed before is lost.',
  )

  attempt.step('two browsers of bob subscribe, one of them twice')
  const browser = () => stage.push.subscribe({ applicationServerKey: String(publicKey) })
  const [laptop, phone] = [browser(), browser()]
  for (const each of [laptop, phone, phone]) await subscribe(attempt, bob, each)
  const refused = await bob.api('POST', '/api/push/subscriptions', { endpoint: phone.endpoint })
  attempt.expect(
    refused.status === 400,
    `A subscription without keys was answered ${refused.status}. Nothing can be encrypted for it: 400.`,
  )

  attempt.step('ann sends to bob, who has no page open')
  await send(attempt, ann, bob, 'Lunch is ready')
  await gets(attempt, stage, laptop, 'bob’s first browser', 'Lunch is ready')
  await gets(attempt, stage, phone, 'bob’s second browser', 'Lunch is ready')

  attempt.step('bob gives his second browser to carol, who subscribes with it')
  await subscribe(attempt, carol, phone)
  await send(attempt, ann, bob, 'Only for bob')
  await gets(attempt, stage, laptop, 'bob’s first browser', 'Only for bob')
  await send(attempt, ann, carol, 'For carol')
  await gets(attempt, stage, phone, 'carol’s browser', 'For carol')
  attempt.expect(
    !textsOf(stage, phone).includes('Only for bob'),
    'Bob’s second browser is carol’s now, and it got what was for bob alone. A browser has one subscription: whoever brings it last has it.',
  )
  for (const each of [laptop, phone]) {
    const texts = textsOf(stage, each)
    attempt.expect(
      new Set(texts).size === texts.length,
      `A browser got this: ${texts.join(', ')}. One endpoint is one row, however often it was brought: else it gets everything twice.`,
    )
  }
}

async function subscribe(attempt: Attempt, person: Level3Person, browser: TestSubscription): Promise<void> {
  const body = { endpoint: browser.endpoint, expirationTime: null, keys: browser.keys }
  const { status } = await person.api('POST', '/api/push/subscriptions', body)
  attempt.saw(`${person.name} → POST /api/push/subscriptions: ${status}`)
  attempt.expect(
    status === 201,
    `POST /api/push/subscriptions, with what pushManager.subscribe() gave, was answered ${status}. It should be kept, and answered 201.`,
  )
}

function textsOf({ push }: Stage, { endpoint }: TestSubscription): string[] {
  const received = push.messages.filter((message) => message.endpoint === endpoint)
  return received.map(({ plaintext }) => (JSON.parse(plaintext) as { message: string }).message)
}

async function gets(
  attempt: Attempt,
  stage: Stage,
  browser: TestSubscription,
  whose: string,
  text: string,
): Promise<void> {
  const { push } = stage
  const came = await eventually(() => textsOf(stage, browser).includes(text))
  const asked = push.requests.filter(({ endpoint }) => endpoint === browser.endpoint)
  const last = asked.at(-1)?.answer
  attempt.expect(
    came || asked.length > 0,
    `The notification "${text}" was stored, and ${whose} got no push. Each browser that somebody subscribed gets it: a user has several.`,
  )
  attempt.expect(
    came,
    `The notification "${text}" was pushed to ${whose}, and the push service answered ${last}. 401 and 403 mean that the VAPID token is not right, 400 that the browser cannot read it.`,
  )
  attempt.saw(`${whose} ← push "${text}", decrypted with the browser’s keys`)
  const message = push.messages.findLast(({ plaintext }) => plaintext.includes(text))
  const { id, seq, title } = JSON.parse(message?.plaintext ?? '{}') as Record<string, unknown>
  attempt.expect(
    typeof id === 'string' && typeof seq === 'number' && typeof title === 'string',
    `The push held ${message?.plaintext}. A page must be able to tell which notification it is: { id, seq, title, message, url, unread }.`,
  )
}
