import { describe, expect, test } from 'vitest'
import { compileGlob } from './glob.ts'

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
