import { setTimeout as sleep } from 'node:timers/promises'
import type { DefineRoute, Io } from '@levels/3-jwt-notifications/src/doors.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import * as z from 'zod'

const victim = z.strictObject({ instance: z.string().max(40).optional() })

const NAME = 'instance:name'
const KILL = 'instance:kill'

/** The adapter gives a silent instance 2 s; without any word from it, Redis is away. */
const WORD_WITHIN_MS = 3_000

/**
 * "Kill this instance", one of the page's buttons that hurt: the process ends as if its power was cut, no goodbye.
 * A balancer may bring the page's request to another instance than its socket, so it names the one it means; without
 * a name it is the one that answers. For development only, and for users who are signed in.
 */
export function createKill(instance: string) {
  return {
    routes({ route }: { route: DefineRoute }, io: () => Io): void {
      route('POST /api/dev/kill', {
        summary: 'End an instance at once (development only)',
        body: victim.optional(),
        status: 202,
        answer: z.object({ instance: z.string() }),
        async handle({ body, res }) {
          const name = body?.instance ?? instance
          if (name === instance) res.once('finish', die)
          else await killOther(io(), name)
          return { instance: name }
        },
      })
    },

    /** Says this process's name when another instance asks, and ends it when another instance was asked to. */
    listen(io: Io): void {
      io.on(NAME, (answer: (name: string) => void) => answer(instance))
      io.on(KILL, (name: unknown) => {
        if (name === instance) die()
      })
    },
  }
}

/** Asks first: nobody who is dead can acknowledge it. Throws HttpError 404 when no such instance answers, 503 without Redis. */
async function killOther(io: Io, name: string): Promise<void> {
  const names = await Promise.race([namesOfOthers(io), sleep(WORD_WITHIN_MS, undefined, { ref: false })])
  if (!names) {
    throw new HttpError(503, 'redis_unavailable', `Redis is away: ${name} cannot be told, and lives on.`)
  }
  if (!names.includes(name)) {
    throw new HttpError(404, 'unknown_instance', `No other instance answers to the name ${name}.`)
  }
  io.serverSideEmit(KILL, name)
}

/** Of those that answer. Never settles when Redis is away. */
function namesOfOthers(io: Io): Promise<unknown[]> {
  return new Promise((resolve) => {
    io.serverSideEmit(NAME, (_silence: Error | null, names: unknown[]) => resolve(names))
  })
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
