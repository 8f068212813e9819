import path from 'node:path'
import { openLink } from '@levels/promises/links.ts'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { startProgram } from '@levels/shared/exercises/program.ts'
import { join } from '../people.ts'

interface PageFile {
  openPage(
    url: string,
    username: string,
    events: {
      onMessage(message: { from: string; text: string }): void
      onUsers(users: string[]): void
      onRefused(code: string): void
    },
  ): { send(text: string): Promise<{ ok: boolean }>; close(): unknown }
}

/** Its names stay for long, and what was missed for a moment only: whoever comes back must show who it is. */
const SERVER = path.join(import.meta.dirname, '..', '2.5-a-lost-second', 'solution.ts')
const ENV = { GRACE_MS: '20000', RECOVERY_MS: '100' }

export async function check(attempt: Attempt): Promise<void> {
  const server = await startProgram(SERVER, 'the server', { env: ENV })
  attempt.defer(() => server.kill())
  const { openPage } = await attempt.load<PageFile>('openPage')
  const link = await openLink({ targets: [server.url] })
  attempt.defer(link.close)
  const bob = await join(attempt, server.url, 'Bob')

  attempt.step("Alice's page opens")
  const shown: string[] = []
  let users: string[] = []
  const refusals: string[] = []
  const page = openPage(link.url, 'Alice', {
    onMessage({ text }) {
      attempt.saw(`Alice's page shows "${text}"`)
      shown.push(text)
    },
    onUsers(now) {
      users = now
    },
    onRefused(code) {
      attempt.saw(`Alice's page is refused: ${code}`)
      refusals.push(code)
    },
  })
  attempt.defer(() => page.close())
  const times = (text: string) => shown.filter((each) => each === text).length
  await bob.until(() => users.length === 2)
  await bob.ask('message:send', { text: 'one' })
  attempt.expect(
    (await bob.until(() => times('one') > 0)) && [...users].sort().join() === 'Alice,Bob',
    `Alice's page opened, Bob said "one", and the page shows [${shown}] and the users [${users}]. It should show "one", and Alice and Bob.`,
  )

  for (const [round, text] of ['two', 'three'].entries()) {
    attempt.step(`Alice's connection is lost, for the ${round === 0 ? 'first' : 'second'} time`)
    link.cut()
    let back = false
    for (let tries = 0; tries < 60 && !back; tries++) {
      const probe = `back? ${round} ${tries}`
      bob.socket.emit('message:send', { text: probe })
      back = await bob.until(() => shown.includes(probe), patience(150))
    }
    attempt.expect(
      back,
      `Alice's connection was lost for a moment, and her page did not come back${refusals.length > 0 ? `: the server refused it with "${refusals.at(-1)}"` : ''}. It had a sessionId from the event session; a handshake without it is a stranger who wants her name.`,
    )
    await bob.ask('message:send', { text })
    await bob.until(() => times(text) > 0)
    await bob.until(() => times(text) > 1, 150)
    attempt.expect(
      times(text) === 1,
      `Alice's connection was lost, her page came back, Bob said "${text}" once, and the page showed it ${times(text)} times. The event connect comes with every connection: a listener that is added there is added again each time.`,
    )
  }

  attempt.step('Alice says something')
  const yes = await page.send('hello')
  attempt.expect(
    yes?.ok === true && (await bob.until(() => bob.texts.includes('hello'))),
    'Alice said something with send(), and its promise did not resolve with the answer of the server, { ok: true }.',
  )

  attempt.step('Alice says something while the line is dead')
  link.freeze()
  const settled = await Promise.race([
    page.send('into the void').then(
      () => 'resolved',
      () => 'rejected',
    ),
    bob.until(() => false, patience(4_000)).then(() => 'waits'),
  ])
  link.thaw()
  attempt.expect(
    settled === 'rejected',
    `Alice said something while the line was dead, and after 4 s her page ${settled === 'waits' ? 'still waits' : 'was told that it arrived'}. No answer is an answer, too: after 2 s, send rejects.`,
  )

  attempt.step('somebody opens a page as Bob')
  const twin: string[] = []
  const other = openPage(server.url, 'bob', {
    onMessage: () => undefined,
    onUsers: () => undefined,
    onRefused: (code) => twin.push(code),
  })
  attempt.defer(() => other.close())
  await bob.until(() => twin.length > 0)
  attempt.expect(
    twin.join() === 'username_taken',
    `Somebody opened a page as "bob", the server refused it with username_taken, and onRefused was called ${twin.length === 0 ? 'never' : `with ${twin.join()}`}. The refusal is in the event connect_error: error.data.code.`,
  )
}
