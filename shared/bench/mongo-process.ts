import { spawn } from 'node:child_process'
import { once } from 'node:events'

const packageUrl = import.meta.resolve('@levels/embedded-mongo')

/** An embedded MongoDB in a process of its own. */
export interface MongoProcess {
  uri: string
  pid: number
  /** To start another one under the same URI. */
  address: { port: number; password: string }
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  /** Lets it end by itself (SIGTERM), or not (SIGKILL). Resolves when it has ended. */
  stop(how?: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** Starts one that keeps its data in `dir`; resolves when it can be used. */
export async function startMongoProcess(
  dir: string,
  address?: MongoProcess['address'],
): Promise<MongoProcess> {
  const script = `const { startEmbeddedMongo } = await import(${JSON.stringify(packageUrl)})
    const mongo = await startEmbeddedMongo(JSON.parse(process.env.MONGO))
    process.send({ uri: mongo.uri, address: mongo.address })
    process.once('SIGTERM', () => mongo.close().then(() => process.exit()))
    process.once('disconnect', () => process.exit())`
  const child = spawn(process.execPath, [...process.execArgv, '--input-type=module', '-e', script], {
    env: { ...process.env, MONGO: JSON.stringify({ dir, ...address }) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  const [started] = (await once(child, 'message')) as [Pick<MongoProcess, 'uri' | 'address'>]
  return {
    ...started,
    pid: child.pid ?? 0,
    signal: (name) => child.kill(name),
    async stop(how = 'SIGTERM') {
      child.kill(how)
      await ended
    },
  }
}
