import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import type { Program } from '@levels/shared/exercises/program.ts'
import { describe, join, notify, type Peer } from '../peers.ts'

export async function check(attempt: Attempt): Promise<void> {
  const server = await attempt.start()
  const peers = [
    await join(attempt, server, 'Alice'),
    await join(attempt, server, 'Bob'),
    await join(attempt, server, 'Carol'),
  ]

  attempt.step('"Lunch is ready" is posted to /notify, as curl does it')
  const first = await notify(attempt, server, 'Lunch is ready')
  attempt.expect(
    first.status === 202,
    `POST /notify was answered ${first.status}. What takes a request and passes it on answers 202, "accepted".`,
  )
  await allHear(attempt, peers, 'Lunch is ready')
  attempt.expect(
    first.delivered === 3,
    `Three were connected, and the answer to POST /notify was ${first.body || 'empty'}. It should be the JSON {"delivered":3}: to how many it was sent.`,
  )

  attempt.step('a text whose "ü" arrives in two pieces')
  await postInPieces(server, Buffer.from('Grüße'), 3)
  await allHear(attempt, peers, 'Grüße')

  attempt.step('Carol leaves, and something is pushed')
  await peers.pop()?.leave()
  const second = await notify(attempt, server, 'after Carol')
  await allHear(attempt, peers, 'after Carol')
  attempt.expect(
    second.delivered === 2,
    `Carol had left, two were connected, and the answer was ${second.body || 'empty'}. Whoever is gone must not be counted, nor kept: a list that only grows fills the memory.`,
  )

  attempt.step('a request that breaks off in the middle')
  await breakOff(server)
  await notify(attempt, server, 'after the broken one')
  await allHear(attempt, peers, 'after the broken one')

  attempt.step('what is no notification')
  const empty = await notify(attempt, server, '')
  attempt.expect(
    empty.status === 400,
    `An empty text was posted and answered ${empty.status}. There is nothing to send, and that is the sender's mistake: 400.`,
  )
  const { status } = await fetch(`${server.url}/notify`)
  attempt.expect(
    status === 404 || status === 405,
    `GET /notify was answered ${status}. Only POST sends: a link that somebody follows must not push to everyone.`,
  )
}

/** Everyone gets it once, as text, and nothing before it. */
async function allHear(attempt: Attempt, peers: Peer[], text: string): Promise<void> {
  for (const peer of peers) {
    const message = await peer.next()
    attempt.expect(
      message,
      `"${text}" was posted to /notify and ${peer.name}, who is connected, got nothing. A push goes to everyone: sockets.clients has them all.`,
    )
    attempt.expect(
      !message.isBinary && message.bytes.toString() === text,
      `"${text}" was posted to /notify and ${peer.name} got ${describe(message)}. The body is the text, letter by letter, whatever its content type. A letter such as ü is two bytes, which may arrive one after the other.`,
    )
  }
}

/** Posts a body of 100 bytes and is gone after 5. */
async function breakOff(server: Program): Promise<void> {
  const socket = await begin(server, 100, Buffer.from('hello'))
  socket.resetAndDestroy()
  await hasRead(server)
}

/** Posts the bytes so that the server gets them in two reads, parted at `at`. */
async function postInPieces(server: Program, body: Buffer, at: number): Promise<void> {
  const socket = await begin(server, body.length, body.subarray(0, at))
  socket.write(body.subarray(at))
  await once(socket.resume(), 'close')
}

/** Begins a POST with so many bytes, of which `first` are all that come for now. Resolves when the server has these. */
async function begin(server: Program, length: number, first: Buffer): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => undefined) // a server that ends: the next request tells it
  const head = `POST /notify HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`
  socket.write(Buffer.concat([Buffer.from(head), first]))
  await hasRead(server)
  return socket
}

/** A server takes what comes in its order: it has accepted and read all that came before when these are answered. */
async function hasRead({ url }: Program): Promise<void> {
  for (let questions = 0; questions < 3; questions++) {
    const answer = fetch(`${url}/nothing`, { signal: AbortSignal.timeout(patience(2_000)) })
    await answer.then((response) => response.text()).catch(() => undefined) // a server that ended: see above
  }
}
