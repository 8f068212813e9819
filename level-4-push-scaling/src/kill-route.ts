import type { DefineRoute } from '@levels/3-jwt-notifications/src/http/route.ts'
import type { Io } from '@levels/3-jwt-notifications/src/wire.ts'
import * as z from 'zod'

const victim = z.strictObject({ instance: z.string().max(40).optional() })

/**
 * "Kill this instance", one of the page's buttons that hurt: the process ends as if its power was cut, no goodbye.
 * A balancer may bring the page's request to another instance than its socket, so it names the one it means; without
 * a name it is the one that answers. For development only, and for users who are signed in.
 */
export function defineKillRoute(route: DefineRoute, instance: string, io: () => Io): void {
  route({
    method: 'post',
    path: '/api/dev/kill',
    summary: 'End an instance at once (development only)',
    access: 'user',
    body: victim.optional(),
    status: 202,
    answer: z.object({ instance: z.string() }),
    handle({ body, res }) {
      const name = body?.instance ?? instance
      if (name === instance) res.once('finish', die)
      else io().serverSideEmit(KILL, name)
      return { instance: name }
    },
  })
}

/** Ends this process when another instance was asked to. */
export function obeyKills(io: Io, instance: string): void {
  io.on(KILL, (name: unknown) => {
    if (name === instance) die()
  })
}

const KILL = 'instance:kill'

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
