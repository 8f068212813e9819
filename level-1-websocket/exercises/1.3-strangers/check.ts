import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { join, notify, upgradeStatus } from '../peers.ts'

export async function check(attempt: Attempt): Promise<void> {
  const server = await attempt.start()
  const own = server.url
  const alice = await join(attempt, server, 'Alice')

  attempt.step('pages ask for a connection')
  const fromOwn = await upgradeStatus(attempt, server, { origin: own })
  attempt.expect(
    fromOwn === 101,
    `The page of this server asked for a WebSocket and was answered ${fromOwn}. Its Origin is "http://" and the Host that it asked.`,
  )
  const foreign = await upgradeStatus(attempt, server, { origin: 'https://evil.example' })
  attempt.expect(
    foreign === 403,
    `A page of https://evil.example asked for a WebSocket and was answered ${foreign}. Browsers let any page connect anywhere: your visitor's browser would open it, with whatever your visitor may do. Before the handshake, 403 is the answer.`,
  )
  const lookAlike = await upgradeStatus(attempt, server, { origin: `${own}.evil.example` })
  attempt.expect(
    lookAlike === 403,
    `A page whose address looks like ours at the beginning, and goes on with .evil.example, asked for a WebSocket and was answered ${lookAlike}. An origin is compared whole.`,
  )

  attempt.step('a foreign page posts to /notify')
  const posted = await notify(attempt, server, 'Buy now', { origin: 'https://evil.example' })
  alice.send('marker')
  const heard = await alice.next()
  attempt.expect(
    heard?.bytes.toString() === 'marker',
    'A page of https://evil.example posted "Buy now" to /notify, and it was pushed to everyone all the same. The rule for who may connect is also the rule for who may push.',
  )
  attempt.expect(
    posted.status === 403,
    `A page of https://evil.example posted to /notify. It reached nobody, and the answer was ${posted.status}: it must be 403.`,
  )

  attempt.step('somebody asks for a WebSocket at another path')
  const elsewhere = await upgradeStatus(attempt, server, { path: '/other' })
  attempt.expect(
    elsewhere === 404,
    `A WebSocket was asked for at /other and the answer was ${elsewhere}. There is none at that path: 404, as for any other request.`,
  )

  attempt.step('a text of 1,025 characters is posted')
  const long = await notify(attempt, server, 'x'.repeat(1_025))
  attempt.expect(
    long.status === 413,
    `1,025 characters were posted to /notify and answered ${long.status}. More than 1,024 is too much: 413.`,
  )
  const longest = await notify(attempt, server, 'x'.repeat(1_024))
  attempt.expect(
    longest.status === 202 && (await alice.next())?.bytes.length === 1_024,
    `1,024 characters were posted to /notify and answered ${longest.status}. That many are allowed, and reach everyone.`,
  )

  attempt.step('bytes that are no UTF-8 are posted')
  const broken = await notify(attempt, server, Uint8Array.of(0x63, 0xff, 0xfe))
  attempt.expect(
    broken.status === 400,
    `Bytes that are no UTF-8 were posted to /notify and answered ${broken.status}. A text message is UTF-8: what would be pushed is not what was sent, but marks like \ufffd. The answer is 400 (isUtf8 of node:buffer tells).`,
  )

  attempt.step('Mallory sends a message of 70,000 bytes')
  const mallory = await join(attempt, server, 'Mallory')
  mallory.send(Buffer.alloc(70_000))
  const end = await mallory.closed(3_000)
  attempt.expect(
    end?.code === 1009,
    `Mallory sent a message of 70,000 bytes and ${end ? `was closed with ${end.code}` : 'is still connected'}. A message over 64 KiB closes the socket with 1009, "message too big" (ws does it, if it is told the largest payload).`,
  )
  attempt.step('Alice is still served')
  alice.send('still here')
  attempt.expect(
    (await alice.next())?.bytes.toString() === 'still here',
    'Mallory sent too much and was cut off. Then Alice sent a text and heard nothing. One peer that misbehaves must not be the end of the others.',
  )
}
