import type { RawSocket } from '@levels/shared/bench/raw-socket.ts'
import { freePort } from '@levels/shared/dev/ports.ts'
import { startNameServer } from '../test/support/name-server.ts'
import { nginxProgram, startNginx } from '../test/support/nginx.ts'
import { broadcast, connect } from './idle-sockets.ts'
import type { Services } from './services.ts'
import { logIn } from './sign-in.ts'

const SOCKETS = 10_000
const AT_ONCE = 50
/** As containers do, each instance has an address of its own, and the same port. Only Linux gives every machine these. */
const HOSTS = ['127.0.0.2', '127.0.0.3']

/** Many signed-in sockets through nginx with the project's own configuration, to two instances. */
export async function benchNginx(services: Services): Promise<void> {
  if (!nginxProgram || process.platform !== 'linux')
    return console.log('not measured: that takes nginx (apt-get install nginx-light) and Linux')
  const instancesPort = await freePort()
  const settings = { PORT: String(instancesPort), TRUST_PROXY: '1', LOG_LEVEL: 'error' }
  const [app1, app2] = await Promise.all(
    HOSTS.map((HOST) => services.start('bench/instance.ts', { ...settings, HOST })),
  )
  const names = await startNameServer(...HOSTS)
  const nginx = await startNginx({ nameServerPort: names.port, instancesPort })
  const url = nginx.url.replace('localhost', '127.0.0.1')
  const tokens = await Promise.all(['alice', 'bob', 'admin'].map((username) => logIn(url, username)))
  const sockets: RawSocket[] = []
  const began = performance.now()
  while (sockets.length < SOCKETS) {
    const batch = Array.from({ length: AT_ONCE }, (_, index) =>
      connect(url, tokens[index % tokens.length] ?? ''),
    )
    sockets.push(...(await Promise.all(batch)))
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  const ms = await broadcast(url, tokens[2] ?? '', sockets)
  console.log(
    `${sockets.length} signed-in sockets through nginx to two instances in ${seconds} s, none refused; ` +
      `a broadcast reached the last one in ${ms.toFixed(0)} ms`,
  )
  for (const socket of sockets) socket.close()
  await nginx.stop()
  names.close()
  await Promise.all([app1?.stop(), app2?.stop()])
}
