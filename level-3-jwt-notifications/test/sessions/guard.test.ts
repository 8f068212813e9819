import { describe, expect, it } from 'vitest'
import { createFairLine } from '../../src/sessions/fair-line.ts'
import { addressOf } from '../../src/sessions/guard.ts'
import { newPerson, PASSWORD, request } from '../support/person.ts'
import { serverForAll } from '../support/server.ts'

describe('a crowd that signs in', () => {
  const server = serverForAll({ config: { trustProxyHops: 1 } })
  const post = (what: 'login' | 'register', username: string, password: string, ip: string) =>
    request(server().url, 'POST', `/api/auth/${what}`, { username, password }, { 'x-forwarded-for': ip })

  it('of 20 at one address keeps nobody elsewhere waiting', async () => {
    const { username } = await newPerson(server())
    const order: string[] = []
    const crowd = Array.from({ length: 20 }, async (_, n) => {
      await post('login', `guess-${n}`, 'a wrong guess', '10.1.0.1')
      order.push('crowd')
    })
    await new Promise((resolve) => setImmediate(resolve))
    const { status } = await post('login', username, PASSWORD, '10.1.0.2')
    order.push('elsewhere')
    await Promise.all(crowd)
    expect(status).toBe(200)
    expect(order.indexOf('elsewhere')).toBeLessThan(10) // of 21; whatever was hashed already, and one turn
  }, 60_000)

  it('of 40 in one room registers and signs in, all at once, within a minute', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `room-of-40-${n}`)
    for (const [what, status] of [
      ['register', 201],
      ['login', 200],
    ] as const) {
      const answers = await Promise.all(names.map((name) => post(what, name, PASSWORD, '10.1.1.1')))
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([status]))
    }
  }, 60_000)

  it('counts what is under way: 30 guesses at once are 10 guesses', async () => {
    const { username } = await newPerson(server())
    const guesses = Array.from({ length: 30 }, () => post('login', username, 'a wrong guess', '10.1.2.1'))
    const statuses = (await Promise.all(guesses)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(20)
    const warned = server().logged.filter((line) => line.startsWith('warn'))
    expect(warned).toEqual([expect.stringContaining(`username "${username}" is locked`)])
    expect(warned.join()).not.toContain('a wrong guess')
  }, 60_000)

  it('counts all addresses of one IPv6 network as one', async () => {
    const counts = server().models.User.db.collection('ratelimits')
    await post('login', 'nobody-there', 'a wrong guess', '2001:db8:1:2::1')
    await counts.updateOne({ key: 'login:ip:2001:db8:1:2::/64' }, { $set: { points: 100 } })
    expect((await post('login', 'nobody-at-all', 'guess', '2001:db8:1:2:ffff::9')).status).toBe(429)
    expect((await post('login', 'nobody-at-all', 'guess', '2001:db8:1:3::1')).status).toBe(401)
  })

  it('that finds its names taken counts apart from those who register', async () => {
    const counts = server().models.User.db.collection('ratelimits')
    await post('register', 'the-first', PASSWORD, '10.1.3.1')
    await post('register', 'the-first', PASSWORD, '10.1.3.1')
    const pointsOf = async (key: string) => (await counts.findOne({ key }))?.points
    expect(await pointsOf('register:ip:10.1.3.1')).toBe(1)
    expect(await pointsOf('register:taken:10.1.3.1')).toBe(1)
  })
})

describe('addresses', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:aa:bb:1:2:3:4', '2001:db8:aa:bb::/64'],
    ['::1', '::/64'],
    ['nonsense', 'unknown'],
  ])('%s counts as %s', (ip, counted) => expect(addressOf(ip)).toBe(counted))
})

describe('the line', () => {
  const options = { running: 1, waiting: 10, waitingPerAddress: 6, patienceMs: 10_000 }

  it('gives the next turn to the address, then the name, that waited since its last one', async () => {
    const line = createFairLine(options)
    const done: string[] = []
    const come = (address: string, name: string) => line(address, name, async () => void done.push(name))
    await Promise.all([
      ...['a1', 'a1', 'a1', 'a2'].map((name) => come('a', name)),
      ...['b1', 'b1'].map((name) => come('b', name)),
    ])
    expect(done).toEqual(['a1', 'b1', 'a2', 'b1', 'a1', 'a1'])
  })

  it('refuses whoever is too many, and whoever waited too long, with a time to come back', async () => {
    const line = createFairLine({ ...options, waitingPerAddress: 1, patienceMs: 20 })
    let finish: () => void = () => undefined
    const first = line('a', 'x', () => new Promise<void>((resolve) => (finish = resolve)))
    const waits = line('a', 'x', async () => undefined)
    const busy = { status: 503, code: 'busy', headers: { 'retry-after': expect.any(String) } }
    await expect(line('a', 'x', async () => undefined)).rejects.toMatchObject(busy)
    await expect(waits).rejects.toMatchObject(busy)
    finish()
    await first
    await expect(line('a', 'x', async () => 'its turn')).resolves.toBe('its turn')
  })
})
