import type { App } from '@levels/3-jwt-notifications/client/app.ts'
import type { BreakAction } from '@levels/shared/client/break-it.ts'

/** Ends the process that serves this page, as if its power was cut. The server allows it in development only. */
export function killThisInstance({ api }: App): BreakAction {
  return {
    label: 'Kill this instance',
    async run() {
      const { data } = await api<{ instance: string }>('POST', '/api/dev/kill')
      return `${data.instance} is dead, without a goodbye. Behind the balancer this page moves to the other instance; what was stored is not lost, and in 5 seconds ${data.instance} is started again.`
    },
  }
}
