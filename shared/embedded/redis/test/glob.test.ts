import { createClient } from 'redis'
import { describe, expect, test } from 'vitest'
import { compileGlob } from '../src/glob.ts'
import { startRedis } from '../src/index.ts'
import { findRedisServer } from '../src/redis-server.ts'

describe('a Redis glob pattern', () => {
  test.each([
    // pattern, matching texts, other texts
    ['news', ['news'], ['new', 'newss', 'News', '']],
    ['*', ['', 'a', 'socket.io#/#'], []],
    ['news.*', ['news.', 'news.art'], ['news', 'xnews.a']],
    ['*a*b*', ['ab', 'xaxbx', 'aab'], ['ba', 'a', 'b']],
    ['h?llo', ['hello', 'h\nllo'], ['hllo', 'heello']],
    ['h[ae]llo', ['hallo', 'hello'], ['hillo', 'h[ae]llo']],
    ['h[a-c]', ['ha', 'hb', 'hc'], ['hd', 'h-', 'h']],
    ['h[c-a]', ['ha', 'hb', 'hc'], ['hd', 'h-']],
    ['h[^a-c]', ['hd', 'h^'], ['ha', 'h']],
    ['h[\\]a]', ['h]', 'ha'], ['h\\', 'h[']],
    ['\\*', ['*'], ['a', '\\*', '']],
    ['a\\', ['a\\'], ['a']],
    ['[ab', ['a', 'b'], ['[', '[ab', 'ab']],
    ['[]', [], ['', '[]', ']']],
    ['[^]', ['a', '^'], ['']],
    ['[a-]', ['a', ']', '^'], ['-', 'b', '[']],
    ['a.c', ['a.c'], ['abc']],
  ])('%s', (pattern, matching, others) => {
    const matches = compileGlob(pattern)
    expect(matching.filter((text) => !matches(text))).toEqual([])
    expect(others.filter(matches)).toEqual([])
  })

  test('with many stars answers at once on a text that almost matches', () => {
    const started = performance.now()
    expect(compileGlob(`${'*a'.repeat(50)}*b`)('a'.repeat(10_000))).toBe(false)
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

test.runIf(findRedisServer())('redis-server agrees on a thousand patterns made at random', async () => {
  const redis = await startRedis({ kind: 'redis-server' })
  const client = createClient({ url: redis.uri, RESP: 3 })
  await client.connect()
  const random = pseudoRandom(42)
  const channels = Array.from({ length: 300 }, () => randomText(random, 'abc-]^\\', 4)).filter(Boolean)
  await client.subscribe(channels, () => undefined)
  for (let round = 0; round < 1_000; round++) {
    const pattern = randomText(random, 'abc**??[[]]^--\\', 7)
    if (pattern === '') continue
    const theirs = new Set(await client.pubSubChannels(pattern))
    expect({ pattern, found: new Set(channels.filter(compileGlob(pattern))) }).toEqual({
      pattern,
      found: theirs,
    })
  }
  client.destroy()
  await redis.close()
})

function randomText(random: () => number, alphabet: string, maxLength: number): string {
  const length = Math.floor(random() * (maxLength + 1))
  return Array.from({ length }, () => alphabet.charAt(Math.floor(random() * alphabet.length))).join('')
}

/** Numbers from 0 to 1, the same for each run (a linear congruential generator). */
function pseudoRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
