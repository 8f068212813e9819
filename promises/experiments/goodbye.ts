import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Experiment } from '../arena.ts'

const WITHIN_MS = 5_000

/** SIGTERM while pages are open, one of them frozen, and a request that never ends: told, and gone within 5 s. */
export const goodbye: Experiment = async (arena) => {
  const [server] = arena.stage.servers ?? []
  if (!server)
    return { verdict: 'not tried', evidence: 'the server has to be stopped: start it with --start' }
  const bob = await arena.person('bob')
  const urls = [server.url] // at level 4, the instance that is stopped
  const [page, frozen] = [await bob.openPage({ urls }), await bob.openPage({ urls })]
  frozen.link.freeze()
  const hung = connect(server.port, '127.0.0.1')
  hung.on('error', () => hung.destroy()) // however the server ends it
  await once(hung, 'connect')
  hung.write('POST /notify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf')

  const told = Promise.race([page.link.endedByServer().then(() => true), sleep(WITHIN_MS, false)])
  arena.history.add('server', 'terminated')
  const { code, ms, inTime } = await server.terminate(WITHIN_MS)
  const wasTold = await told
  page.close()
  frozen.close()
  hung.destroy()
  const left = server.isRunning()
  await server.close()
  await arena.start(0)
  const end = inTime ? `exit code ${code} after ${(ms / 1_000).toFixed(1)} s` : 'still running after 5 s'
  const words = [
    end,
    'beside a frozen page and a request that never ends',
    wasTold ? 'the page was told' : 'the page was not told',
    ...(inTime && left ? ['it left a process behind'] : []),
  ]
  const isKept = inTime && code === 0 && wasTold && !left
  return { verdict: isKept ? 'kept' : 'broken', evidence: words.join(', ') }
}
