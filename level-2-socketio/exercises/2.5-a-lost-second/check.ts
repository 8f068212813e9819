import { openLink } from '@levels/promises/links.ts'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { graceIsOver, join, refusalOf, type Tab } from '../people.ts'

/** Socket.IO's type of the packet that answers a handshake (socket.io-parser, PacketType). */
const CONNECT = 0

export async function check(attempt: Attempt): Promise<void> {
  const GRACE_MS = patience(300)
  const { url } = await attempt.start({ env: { GRACE_MS: String(GRACE_MS), RECOVERY_MS: '20000' } })
  const bob = await join(attempt, url, 'Bob')
  const link = await openLink({ targets: [url] })
  attempt.defer(link.close)
  const alice = await join(attempt, link.url, 'Alice', { comesBack: true })
  await alice.until(() => alice.session() !== undefined)
  const sessionId = alice.session()?.sessionId ?? ''
  await alice.ask('room:join', { room: 'lunch' })
  await bob.ask('room:join', { room: 'lunch' })
  await bob.ask('message:send', { text: 'before' })
  await alice.until(() => alice.texts.includes('before'))

  attempt.step("Alice's connection is lost, and Bob goes on")
  link.down()
  attempt.expect(
    await bob.until(() => bob.changes.includes('user:left Alice')),
    "Alice's connection was lost, GRACE_MS passed, and Bob was not told that she is away. Her name is kept; that she is not here is told all the same.",
  )
  const stranger = await refusalOf(attempt, url, { username: 'Alice' })
  attempt.expect(
    stranger === 'username_taken',
    'Alice lost her connection a second ago, and Mallory was let in under her name. Whoever is lost, and may come back for two minutes (RECOVERY_MS), keeps the name.',
  )
  const told = [
    await bob.ask('message:send', { text: 'to everyone' }),
    await bob.ask('message:send', { text: 'to the room', room: 'lunch' }),
    await bob.ask('message:send', { text: 'to Alice', to: 'Alice' }),
  ]
  attempt.expect(
    told.every((answer) => answer?.ok),
    'Alice is away for a moment, and a message to her was refused. She gets it when she is back: it is not too late.',
  )
  const packets: number[] = []
  alice.socket.io.on('packet', ({ type }) => packets.push(type))
  link.up()
  await alice.until(() => alice.texts.includes('to Alice'))
  attempt.expect(
    alice.texts.join(', ') === 'before, to everyone, to the room, to Alice',
    `Alice was away while three messages were sent to everyone, to her room and to her. She came back, and her page has shown: ${alice.texts.join(', ') || 'nothing'}. Socket.IO can give back what was missed: connectionStateRecovery.`,
  )

  attempt.expect(
    packets[0] === CONNECT,
    'Alice came back, and the first packets were what she had missed; the answer to her handshake came after them. Nobody had asked yet who is there. And her page shows nothing before that answer: cut off between the two, it gets all of it again, and shows it twice. First the handshake, then what was missed.',
  )

  attempt.step('is Alice really back?')
  attempt.expect(
    await bob.until(() => bob.changes.at(-1) === 'user:joined Alice'),
    'Alice is back and got what she missed, and Bob, who was told that she left, was not told that she is here again.',
  )
  bob.changes.length = 0
  const brief = await join(attempt, url, 'Alice', { name: 'Alice, tab 2', sessionId })
  brief.leave()
  await graceIsOver(attempt, url, bob, 'Dave')
  attempt.expect(
    !bob.changes.includes('user:left Alice'),
    'Alice came back, opened a second tab and closed it, and Bob was told that she left. Her first tab is still there: it was recovered, and recovered sockets skip your middleware, which counts the tabs, unless Socket.IO is told otherwise (skipMiddlewares).',
  )
  await bob.ask('message:send', { text: 'now', room: 'lunch' })
  attempt.expect(
    await alice.until(() => alice.texts.at(-1) === 'now'),
    'Alice is back, and what is said in her room does not reach her. Membership outlasts a lost second.',
  )

  attempt.step('Bob writes, and sends to a room and to somebody at once')
  let typing: unknown
  alice.socket.on('typing', (payload: unknown) => {
    typing = payload
  })
  const typed = await bob.ask('typing', { room: 'lunch' })
  attempt.expect(
    typed?.ok && (await alice.until(() => typing !== undefined)),
    `Bob sent typing { room: 'lunch' }, and ${typed?.ok ? 'Alice, who is in that room, got nothing' : 'was not answered with a yes'}. It goes to the others in the room, or to all others if there is no room, as { username, room }.`,
  )
  for (const [event, payload, why] of [
    ['typing', [1], 'A list is no payload'],
    ['message:send', { text: 'both', room: 'lunch', to: 'Alice' }, 'Which of the two did he mean?'],
  ] as const) {
    const no = await bob.ask(event, payload)
    attempt.expect(
      no?.ok === false && no.error.code === 'bad_payload',
      `Bob sent ${event} with ${JSON.stringify(payload)}, and the answer was ${no?.ok ? 'a yes' : `"${no?.error.code}"`}. ${why}: bad_payload.`,
    )
  }

  attempt.step('Alice is lost, her other tab leaves the room, and Bob speaks there')
  const other = await join(attempt, url, 'Alice', { name: 'Alice, tab 3', sessionId })
  link.down()
  await other.until(() => !alice.socket.connected)
  await other.ask('room:leave', { room: 'lunch' })
  await bob.ask('message:send', { text: 'behind her back', room: 'lunch' })
  await bob.ask('message:send', { text: 'to everyone again' })
  link.up()
  await alice.until(() => alice.texts.includes('to everyone again'))
  attempt.expect(
    !alice.texts.includes('behind her back'),
    'Alice had left the room in her other tab, and what was said there afterwards was given to the first one when it came back. Socket.IO remembers the rooms of then; what counts is where she is now.',
  )

  attempt.step('both tabs of Alice leave, somebody else takes the name and gets a message')
  const page = await openLink({ targets: [url] })
  attempt.defer(page.close)
  const lost = await join(attempt, page.url, 'Alice', { name: 'Alice, tab 4', sessionId, comesBack: true })
  await bob.ask('message:send', { text: 'last' })
  await lost.until(() => lost.texts.includes('last'))
  let wire = ''
  page.down()
  await bob.until(() => !lost.socket.connected)
  await bob.ask('typing', {}) // answered when the server, too, has seen that it is lost: then the others leave
  alice.leave()
  other.leave()
  let next: Tab | undefined
  for (let tries = 0; tries < 40 && !next; tries++) {
    await bob.until(() => false, patience(100))
    next = await join(attempt, url, 'Alice', { name: 'the new Alice' }).catch(() => undefined)
  }
  attempt.expect(
    next,
    'Alice closed her tabs on purpose, and seconds later her name is still taken. Only a lost connection keeps it; whoever says goodbye is gone after GRACE_MS.',
  )
  await bob.ask('message:send', { text: 'for the new Alice', to: 'Alice' })
  await next.until(() => next.texts.includes('for the new Alice'))
  lost.socket.io.on('packet', (packet) => {
    wire += JSON.stringify(packet)
  })
  page.up()
  await lost.until(() => wire !== '', patience(3_000))
  await lost.until(() => false, 200)
  attempt.expect(
    !wire.includes('for the new Alice') && !lost.socket.connected,
    'Alice went away, somebody else of that name came and got a private message; then an old tab of the first Alice came back, and was let in or given that message. A name can pass to somebody else: what is private goes to a session, not to a name.',
  )
}
