import { notificationTypes } from '@levels/3-jwt-notifications/src/doors.ts'
import { expect, test } from 'vitest'
import type { PushContent } from '../../src/events.ts'
import { handlingOf, MAX_PAYLOAD_BYTES, payloadOf } from '../../src/push/message.ts'

const content: PushContent = {
  id: '0123456789abcdef01234567',
  seq: 7,
  type: 'message',
  title: 'Title',
  message: 'Message',
  url: '/orders/7',
  unread: 3,
}
const bytes = (text: string) => Buffer.byteLength(text)

test('what fits is sent as it is', () => {
  expect(JSON.parse(payloadOf(content))).toEqual(content)
})

test.each([
  ['plain letters', 'x'],
  ['umlauts', 'ü'],
  ['Chinese', '通'],
  ['emoji', '😀'],
  ['a family, one emoji of seven code points', '👨‍👩‍👧‍👦'],
  ['quotes, which JSON escapes', '"'],
  ['control characters, six bytes each in JSON', '\u0001'],
])('a message of %s is cut between characters, at the last that fits', (_, character) => {
  const text = payloadOf({ ...content, message: character.repeat(5_000) })
  const { message, ...rest } = JSON.parse(text)
  expect(bytes(text)).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES)
  expect(bytes(text)).toBeGreaterThan(MAX_PAYLOAD_BYTES - bytes(JSON.stringify(character)))
  expect(message).toMatch(/…$/)
  expect(message.slice(0, -1).replaceAll(character, '')).toBe('')
  expect(rest).toEqual({ ...content, message: undefined })
})

test('exactly 3,993 bytes are sent whole, one more is shortened', () => {
  const room = MAX_PAYLOAD_BYTES - bytes(JSON.stringify({ ...content, message: '' }))
  const whole = { ...content, message: 'x'.repeat(room) }
  expect(bytes(payloadOf(whole))).toBe(3_993)
  expect(JSON.parse(payloadOf(whole))).toEqual(whole)
  expect(JSON.parse(payloadOf({ ...content, message: 'x'.repeat(room + 1) })).message).toBe(
    `${'x'.repeat(room - 3)}…`,
  )
})

test('title and link that are too long give way, too', () => {
  const text = payloadOf({ ...content, title: '😀'.repeat(3_000), url: `/${'ü'.repeat(1_999)}` })
  expect(bytes(text)).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES)
  const { title, message, url } = JSON.parse(text)
  expect(title).toMatch(/^(😀)+…$/u)
  expect([message, url]).toEqual(['', '/'])
})

test('half an emoji in the source does not break the JSON', () => {
  const text = payloadOf({ ...content, message: '\ud83d'.repeat(3_000) })
  expect(bytes(text)).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES)
  expect(JSON.parse(Buffer.from(text).toString()).title).toBe('Title')
})

test('every type has a lifetime and an urgency; topics fit RFC 8030 and the four that Chrome’s service keeps', () => {
  const topics = new Set<string>()
  for (const type of notificationTypes) {
    const { ttl, urgency, topic } = handlingOf(type)
    expect(ttl).toBeGreaterThan(0)
    expect(ttl).toBeLessThanOrEqual(2_419_200)
    expect(urgency).toMatch(/^(very-low|low|normal|high)$/)
    if (topic !== undefined) topics.add(topic)
  }
  expect(topics.size).toBeLessThanOrEqual(4)
  for (const topic of topics) expect(topic).toMatch(/^[\w-]{1,32}$/)
})
