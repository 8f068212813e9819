import type { App } from '@levels/3-jwt-notifications/client/app.ts'
import type { BreakAction } from '@levels/shared/client/break-it.ts'

/** Ends the process that this page is connected to, as if its power was cut. The server allows it in development only. */
export function killThisInstance({ api, connection }: App): BreakAction {
  let instance: string | undefined
  connection.socket.on('session:ready', (ready) => {
    instance = ready.instance
  })
  return {
    label: 'Kill this instance',
    async run() {
      if (!connection.socket.connected) return 'This page is on no instance at the moment.'
      await api('POST', '/api/dev/kill', { body: { instance } })
      return `${instance} is dead, without a goodbye. Behind the balancer this page moves to the other instance; nothing that was stored is lost, and in 5 seconds ${instance} is started again.`
    },
  }
}
