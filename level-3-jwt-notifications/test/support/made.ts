import type { Notification } from '../../src/events.ts'

/** An unread notification of which only the number matters. */
export const made = (seq: number): Notification => ({
  id: `n${seq}`,
  seq,
  type: 'message',
  title: `number ${seq}`,
  message: '',
  createdAt: '2026-01-01T00:00:00.000Z',
})
