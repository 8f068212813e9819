import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { describe, join } from '../peers.ts'

const TEXTS = ['hello', 'Grüße aus 東京 🎉', '']
const BYTES = Buffer.from([0x00, 0xff, 0x80, 0x0a])

export async function check(attempt: Attempt): Promise<void> {
  const server = await attempt.start()
  const alice = await join(attempt, server, 'Alice')
  const bob = await join(attempt, server, 'Bob')

  for (const text of TEXTS) {
    attempt.step('Alice sends text')
    alice.send(text)
    const back = await alice.next()
    attempt.expect(
      back,
      `Alice sent the text "${text}" and nothing came back. Who listens for the messages of a connection?`,
    )
    attempt.expect(
      !back.isBinary,
      `Alice sent the text "${text}" and got ${describe(back)}. Text came back as bytes: ws hands over every message as a Buffer, and sends a Buffer as bytes unless it is told otherwise.`,
    )
    attempt.expect(
      back.bytes.toString() === text,
      `Alice sent the text "${text}" and got ${describe(back)}. An echo is exactly what was said.`,
    )
  }

  attempt.step('Alice sends bytes')
  alice.send(BYTES)
  const back = await alice.next()
  attempt.expect(
    back,
    'Alice sent 4 bytes and nothing came back. Messages are text or bytes, and both are echoed.',
  )
  attempt.expect(
    back.isBinary,
    `Alice sent 4 bytes, 00 ff 80 0a, and got ${describe(back)}. Bytes came back as text: a file would arrive broken.`,
  )
  attempt.expect(
    back.bytes.equals(BYTES),
    `Alice sent 4 bytes, 00 ff 80 0a, and got ${describe(back)}. These bytes are no UTF-8 text, and making text of them loses some.`,
  )

  attempt.step('what did Bob hear?')
  bob.send('Is anybody there?')
  const first = await bob.next()
  attempt.expect(
    first?.bytes.toString() === 'Is anybody there?',
    `Bob's own echo should be the first thing that he hears, and he heard ${first ? describe(first) : 'nothing'}. An echo goes to its sender alone, and the server says nothing unasked.`,
  )
}
