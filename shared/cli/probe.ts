import { once } from 'node:events'
import net from 'node:net'

/** How long somebody may take to answer, in milliseconds. */
const PATIENCE_MS = 2_000

/** The first host in a connection string, which may name several; never its password. */
export function addressIn(url: string): { host: string; port?: number } | undefined {
  const match = /^[a-z][a-z+]*:\/\/(?:[^@/]*@)?(?:\[([^\]]+)\]|([^/?,:]+))(?::(\d+))?/.exec(url)
  const host = match?.[1] ?? match?.[2]
  return host === undefined ? undefined : { host, port: match?.[3] ? Number(match[3]) : undefined }
}

/** Whether a server of this machine could listen on the port. */
export async function canListen(port: number): Promise<boolean> {
  const server = net.createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

/** Whether something accepts connections there. */
export async function canConnect(host: string, port: number): Promise<boolean> {
  const socket = net.connect({ host, port })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(PATIENCE_MS) })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
