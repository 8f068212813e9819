import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { join, type Tab } from '../people.ts'

export async function check(attempt: Attempt): Promise<void> {
  const { url } = await attempt.start()
  const alice = await join(attempt, url, 'Alice')
  await alice.until(() => alice.session() !== undefined)
  const sessionId = alice.session()?.sessionId
  const alice2 = await join(attempt, url, 'Alice', { name: 'Alice, tab 2', sessionId })
  const bob = await join(attempt, url, 'Bob')
  const carol = await join(attempt, url, 'Carol')
  const all = [alice, alice2, bob, carol]

  /** What everyone gets: whoever has it has everything that was sent before. */
  const marker = async (text: string) => {
    await carol.ask('message:send', { text })
    for (const tab of all) {
      attempt.expect(
        await tab.until(() => tab.texts.includes(text)),
        `Carol said "${text}" to everyone, and ${tab.name} did not get it. Without a room or a name, a message goes to everyone.`,
      )
    }
  }
  const got = (text: string): Tab[] => all.filter(({ texts }) => texts.includes(text))
  const names = (tabs: Tab[]) => tabs.map(({ name }) => name).join(' and ') || 'nobody'

  attempt.step('Bob writes to Alice, and to nobody else')
  const sent = await bob.ask('message:send', { text: 'for Alice', to: 'alice' })
  await marker('one')
  attempt.expect(
    sent?.ok && !carol.texts.includes('for Alice'),
    `Bob sent "for Alice" to Alice, and ${names(got('for Alice'))} got it. A message with "to" is private.`,
  )
  attempt.expect(
    names(got('for Alice')) === 'Alice and Alice, tab 2 and Bob',
    `Bob sent "for Alice" to Alice, and ${names(got('for Alice'))} got it. A private message goes to all tabs of both: Alice reads it in whichever is open, and Bob sees what he wrote.`,
  )
  const away = await bob.ask('message:send', { text: 'hello?', to: 'Nobody' })
  attempt.expect(
    away && !away.ok && away.error.code === 'user_offline',
    `Bob wrote to somebody who is not here, and the answer was ${away?.ok ? 'a yes' : `"${away?.error.code}"`}. This level keeps nothing for later, and says so: user_offline.`,
  )

  attempt.step('Alice and Bob join a room')
  await alice.ask('room:join', { room: 'lunch' })
  const joined = await bob.ask('room:join', { room: 'lunch' })
  attempt.expect(
    joined?.ok && String([...((joined.data?.members ?? []) as string[])].sort()) === 'Alice,Bob',
    `Alice and then Bob joined "lunch", and Bob was answered ${joined?.ok ? `with the members ${JSON.stringify(joined.data?.members)}` : 'with a no'}. The answer is { room, members }: Alice and Bob.`,
  )
  await bob.ask('message:send', { text: 'soup', room: 'lunch' })
  await marker('two')
  attempt.expect(
    !carol.texts.includes('soup'),
    'Bob said "soup" in the room "lunch", and Carol got it, who is not in it. A room is for its members.',
  )
  attempt.expect(
    names(got('soup')) === 'Alice and Alice, tab 2 and Bob' &&
      alice.texts.filter((text) => text === 'soup').length === 1,
    `Bob said "soup" in the room "lunch", where Alice is with two tabs, and ${names(got('soup'))} got it. Membership is the user's and covers all tabs.`,
  )
  const outsider = await carol.ask('message:send', { text: 'me too', room: 'lunch' })
  attempt.expect(
    outsider && !outsider.ok && outsider.error.code === 'not_a_member' && got('me too').length === 0,
    `Carol, who is not in it, sent a text to the room "lunch", and the answer was ${outsider?.ok ? 'a yes' : `"${outsider?.error.code}"`}. Whoever is not in it may not speak there: not_a_member.`,
  )

  attempt.step('Carol tries rooms that are called like people')
  for (const room of ['alice', 'bob']) await carol.ask('room:join', { room })
  await bob.ask('message:send', { text: 'secret', to: 'Alice' })
  await marker('three')
  attempt.expect(
    !carol.texts.includes('secret'),
    'Carol joined a room called "alice", and got what Bob sent to Alice in private. In Socket.IO a room is only a name: what people choose and what you use for their tabs need different names (here there is no prefix).',
  )
  for (const room of ['', 'Lunch Break', 'x'.repeat(31), 'user:1', 7, null]) {
    const no = await carol.ask('room:join', { room })
    attempt.expect(
      no && !no.ok && no.error.code === 'invalid_room',
      `Carol joined a room called ${JSON.stringify(room)}, and the answer was ${no?.ok ? 'a yes' : `"${no?.error.code}"`}. A room has 1 to 30 of a-z, 0-9 and -: invalid_room.`,
    )
  }

  attempt.step('Bob leaves the room')
  await bob.ask('room:leave', { room: 'lunch' })
  await alice2.ask('message:send', { text: 'without Bob', room: 'lunch' })
  await marker('four')
  attempt.expect(
    names(got('without Bob')) === 'Alice and Alice, tab 2',
    `Bob left the room "lunch", Alice spoke there, and ${names(got('without Bob'))} got it. Only her tabs are left in it.`,
  )
}
