import type { App } from '@levels/3-jwt-notifications/client/index.ts'
import type { BreakAction } from '@levels/shared/client/break-it.ts'

/** How long a killed instance's connection may take to break, in milliseconds. */
const DEATH_MS = 3_000

/** Ends the process that this page is connected to, as if its power was cut. The server allows it in development only. */
export function killThisInstance({ api, connection: { socket } }: App): BreakAction {
  let instance: string | undefined
  socket.on('session:ready', (ready) => {
    instance = ready.instance
  })
  return {
    label: 'Kill this instance',
    async run() {
      const name = instance
      if (!socket.connected || !name) return 'This page is on no instance at the moment.'
      const cut = new Promise((resolve) => {
        socket.once('disconnect', () => resolve(true))
      })
      await api('POST', '/api/dev/kill', { body: { instance: name } })
      const isDead = await Promise.race([cut, new Promise((resolve) => setTimeout(resolve, DEATH_MS))])
      return isDead
        ? `${name} is dead, without a goodbye. Behind the balancer this page moves to the other instance; nothing that was stored is lost, and in 5 seconds ${name} is started again.`
        : `${name} was told to die, but this page is still connected to it. Is it frozen?`
    },
  }
}
