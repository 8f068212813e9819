import type { DefineRoute } from '@levels/3-jwt-notifications/src/http/route.ts'
import * as z from 'zod'

/**
 * "Kill this instance", one of the page's buttons that hurt: the process ends as if its power was cut, no goodbye.
 * For development only, and for users who are signed in.
 */
export function defineKillRoute(route: DefineRoute, instance: string): void {
  route({
    method: 'post',
    path: '/api/dev/kill',
    summary: 'End this instance at once (development only)',
    access: 'user',
    status: 202,
    answer: z.object({ instance: z.string() }),
    handle({ res }) {
      res.once('finish', () => process.kill(process.pid, 'SIGKILL'))
      return { instance }
    },
  })
}
