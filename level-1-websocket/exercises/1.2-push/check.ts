import { request } from 'node:http'
import { connect } from 'node:net'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
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
function breakOff({ port }: Program): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('POST /notify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhello')
      setTimeout(() => socket.resetAndDestroy(), 30)
    })
    socket.once('error', reject)
    socket.once('close', () => resolve())
  })
}

/** Posts the bytes so that the server gets them in two reads, parted at `at`. */
function postInPieces({ port }: Program, body: Buffer, at: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const posting = request({ port, host: '127.0.0.1', path: '/notify', method: 'POST' }, (answer) => {
      answer.resume().once('end', resolve)
    })
    posting.once('error', reject)
    posting.write(body.subarray(0, at))
    setTimeout(() => posting.end(body.subarray(at)), 30)
  })
}
