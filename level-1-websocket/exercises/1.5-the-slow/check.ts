import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { join, joinSilently, notifyMany } from '../peers.ts'

/** More than a connection's own buffers and a mebibyte hold. */
const MANY = 4_000
const TEXT = '€'.repeat(1_024) // 3 KiB

export async function check(attempt: Attempt): Promise<void> {
  const server = await attempt.start()
  const alice = await join(attempt, server, 'Alice')

  attempt.step('Erin only listens, and reads nothing, while 3 KiB are pushed again and again')
  const erin = await joinSilently(attempt, server, 'Erin', { reads: false })
  const pushed = await notifyMany(server, TEXT, MANY, (delivered) => delivered === 1)
  attempt.saw(`Erin was sent ${pushed.enough ? 'no more after some megabytes' : `all ${MANY} pushes`}`)
  attempt.expect(
    pushed.enough,
    `Erin read nothing, and ${MANY} pushes of 3 KiB were all counted as sent to her. They wait in the memory of the server. What holds for echoes holds for pushes.`,
  )
  attempt.expect(
    await erin.isCut(2_500),
    'Erin read nothing until over 1 MiB waited for her. She gets no pushes any more, and is still connected. She would never learn that she missed some; and a goodbye would wait behind all the rest. Cut her off: terminate.',
  )

  attempt.step('Dave sends 64 KiB again and again, and never reads the echoes')
  const dave = await joinSilently(attempt, server, 'Dave', { reads: false })
  for (let sent = 0; sent < 300; sent++) dave.send('d'.repeat(65_000))
  attempt.expect(
    await dave.isCut(2_500),
    'Dave sent 20 MB and read none of it back. He is still connected, so the echoes wait in the memory of the server: a few like him, and it ends for everyone. socket.bufferedAmount says how much waits; past 1 MiB, terminate.',
  )

  attempt.step('Alice, who reads')
  for (let number = 1; number <= pushed.sent; number++) {
    const message = await alice.next()
    attempt.expect(
      message?.bytes.length === TEXT.length * 3,
      `${pushed.sent} texts were pushed while Dave and Erin did not read. Alice did, and push ${number} did not reach her. Slow peers are cut off so that the others are served.`,
    )
  }
}
