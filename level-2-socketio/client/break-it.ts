import { mountBreakIt } from '@levels/shared/client/break-it.ts'
import { byId } from '@levels/shared/client/dom.ts'
import { cutConnections, goOffline, sendRaw } from '@levels/shared/client/tap.ts'
import type { Level2Socket } from './connection.ts'

const nothingToBreak = 'There is no connection: sign in first.'

/** What hurts at this level, and what becomes of it. */
export function mountBreak(socket: Level2Socket): void {
  const send = (text: string) => socket.timeout(5_000).emitWithAck('message:send', { text })

  mountBreakIt(byId('break-it', HTMLElement), [
    {
      label: 'Cut the connection',
      run: () =>
        cutConnections()
          ? 'Cut. Socket.IO reconnects by itself and recovers what was sent meanwhile; nobody saw you go.'
          : nothingToBreak,
    },
    {
      label: 'Go offline 10 s',
      run() {
        goOffline(10_000)
        return 'Offline for 10 seconds. After 3 of them the others see you leave. Back within two minutes, you find your rooms and all you missed.'
      },
    },
    {
      label: 'Send twice',
      async run() {
        if (!socket.connected) return nothingToBreak
        await Promise.all([send('am I one or two?'), send('am I one or two?')])
        return 'Both were acknowledged, with two ids: the server cannot tell a repeat from a new message.'
      },
    },
    {
      label: 'Send garbage',
      run: () =>
        sendRaw('4this is no packet')
          ? 'Sent a text that is no packet. The server hung up on this socket only, and the page is back.'
          : nothingToBreak,
    },
    {
      label: 'Send 70 KiB',
      async run() {
        if (!socket.connected) return nothingToBreak
        socket.emit('message:send', { text: 'x'.repeat(70 * 1_024) }, () => undefined)
        return 'Sent more than a packet may have. The server drops this socket, and only this one.'
      },
    },
    {
      label: 'Send 100 at once',
      async run() {
        if (!socket.connected) return nothingToBreak
        const answers = await Promise.all(
          Array.from({ length: 100 }, () => socket.timeout(5_000).emitWithAck('typing', {})),
        )
        const refused = answers.filter(({ ok }) => !ok).length
        return `${100 - refused} were handled, ${refused} were answered with rate_limited.`
      },
    },
  ])
}
