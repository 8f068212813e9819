import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createOriginCheck } from './origin.ts'

/** As much of a request as the check looks at. */
function requestWith(headers: Record<string, string>, encrypted = false): IncomingMessage {
  return { headers, socket: encrypted ? { encrypted } : {} } as unknown as IncomingMessage
}

describe('the origin check', () => {
  const check = createOriginCheck(['https://friend.example'])

  it.each([
    ['no origin: not a browser', { host: 'a.example' }],
    ['its own', { host: 'a.example:3010', origin: 'http://a.example:3010' }],
    ['its own, on the default port', { host: 'a.example', origin: 'http://a.example' }],
    ['its own, the default port spelled out', { host: 'a.example:80', origin: 'http://a.example' }],
    ['its own, by address', { host: '[::1]:3010', origin: 'http://[::1]:3010' }],
    ['its own, in capitals', { host: 'A.Example', origin: 'http://a.example' }],
    ['its own, behind TLS', { host: 'a.example', origin: 'https://a.example', 'x-forwarded-proto': 'https' }],
    ['an allowed one', { host: 'a.example', origin: 'https://friend.example' }],
  ])('accepts %s', (_name, headers) => {
    expect(check(requestWith(headers))).toBe(true)
  })

  it.each([
    ['another', { host: 'a.example', origin: 'http://b.example' }],
    ['one that ends like its own', { host: 'a.example', origin: 'http://evil-a.example' }],
    ['one that begins like its own', { host: 'a.example', origin: 'http://a.example.evil.com' }],
    ['another scheme', { host: 'a.example', origin: 'https://a.example' }],
    ['another port', { host: 'a.example:3010', origin: 'http://a.example:3011' }],
    ['one that begins like an allowed one', { host: 'a.example', origin: 'https://friend.example.evil.com' }],
    ['null', { host: 'a.example', origin: 'null' }],
    ['an empty one', { host: 'a.example', origin: '' }],
    ['anything without a host', { origin: 'http://undefined:1' }],
    ['null with a host that makes no URL', { host: 'a b', origin: 'null' }],
    ['undefined with a host that makes no URL', { host: 'a b', origin: 'undefined' }],
  ])('refuses %s', (_name, headers) => {
    expect(check(requestWith(headers))).toBe(false)
  })

  it('asks for https where the connection itself is encrypted', () => {
    const headers = { host: 'a.example', origin: 'https://a.example' }
    expect(check(requestWith(headers, true))).toBe(true)
    expect(check(requestWith({ ...headers, origin: 'http://a.example' }, true))).toBe(false)
  })
})
