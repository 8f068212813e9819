import { describe, expect, it } from 'vitest'
import { reconnectDelay } from '../client/connection.ts'

describe('the delay before the next attempt', () => {
  it('is at most half a second at first, doubles with each failure, and is never more than 15 s', () => {
    const longest = Array.from({ length: 10 }, (_, failures) => reconnectDelay(failures, () => 1))
    expect(longest).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000, 15_000])
  })

  it('is anything from nothing up to that, so that a thousand clients do not come back at once', () => {
    expect(reconnectDelay(3, () => 0)).toBe(0)
    expect(reconnectDelay(3, () => 0.25)).toBe(1_000)
    expect(new Set(Array.from({ length: 100 }, () => reconnectDelay(3))).size).toBeGreaterThan(90)
  })

  it('stays a number after a week without a server', () => {
    expect(reconnectDelay(100_000, () => 1)).toBe(15_000)
  })
})
