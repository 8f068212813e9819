import * as z from 'zod'
import { notificationTypes } from './events.ts'

/** What goes out, for the OpenAPI document; the types of the same shapes are in events.ts. */

const time = z.iso.datetime()

export const userAnswer = z.object({ id: z.string(), username: z.string(), role: z.enum(['user', 'admin']) })

export const signedInAnswer = z.object({
  user: userAnswer,
  accessToken: z.string().describe('A JWT'),
  expiresIn: z.int().describe('Seconds'),
})

export const deviceSessions = z.object({
  items: z.array(
    z.object({
      id: z.uuid(),
      userAgent: z.string(),
      ip: z.string(),
      createdAt: time,
      lastUsedAt: time,
      current: z.boolean(),
    }),
  ),
})

export const notificationAnswer = z.object({
  id: z.string(),
  seq: z.int(),
  type: z.enum(notificationTypes),
  title: z.string(),
  message: z.string(),
  actionUrl: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  from: z.string().optional(),
  createdAt: time,
  readAt: time.optional(),
})

export const notificationPage = z.object({
  items: z.array(notificationAnswer),
  unread: z.int(),
  nextBefore: z.int().nullable(),
})

export const sentAnswer = z.union([notificationAnswer, z.object({ recipients: z.int() })])
export const allReadAnswer = z.object({ upTo: z.int(), readAt: time })
export const deletedAnswer = z.object({ deleted: z.int() })

export const roomAnswer = z.object({ slug: z.string(), name: z.string(), member: z.boolean() })
export const roomList = z.object({ items: z.array(roomAnswer) })

export const roomMessage = z.object({
  room: z.string(),
  id: z.string(),
  from: z.string(),
  text: z.string(),
  at: time,
})
export const roomMessageList = z.object({ items: z.array(roomMessage) })
