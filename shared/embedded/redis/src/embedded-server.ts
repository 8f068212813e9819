import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { runCommand } from './commands.ts'
import { Connection, readCommands } from './connection.ts'
import { Subscriptions } from './subscriptions.ts'

/**
 * Starts the publish/subscribe server inside this process, on 127.0.0.1 and the given port (0: a free one).
 * Rejects with the system's error if the port is taken. `close()` cuts all clients, as a stopped Redis does.
 */
export async function startEmbeddedServer(
  port: number,
  password: string,
): Promise<{ port: number; close(): Promise<void> }> {
  const subscriptions = new Subscriptions()
  const sockets = new Set<Socket>()
  let connectionCount = 0

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    const connection = new Connection(++connectionCount, socket, password)
    readCommands(socket, connection, (command) => runCommand(connection, command, subscriptions))
    // A reset connection is everyday life; 'close' follows and cleans up.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      subscriptions.forget(connection)
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      if (!server.listening) return
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
