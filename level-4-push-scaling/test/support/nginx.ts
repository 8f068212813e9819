import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from '@levels/shared/dev/ports.ts'
import { findProgram } from '@levels/shared/testing/chromium.ts'
import { startCommand } from '@levels/shared/testing/process.ts'
import { until } from './until.ts'

/** Debian keeps it where only root's PATH looks. */
export const nginxProgram = findProgram('nginx', '../sbin/nginx')

export interface RunningNginx {
  url: string
  stop(): Promise<void>
}

interface NginxOptions {
  /** Where the name of the instances is looked up, on 127.0.0.1. */
  nameServerPort: number
  /** The port that all of them listen on. */
  instancesPort: number
}

/** Runs nginx with the project's own configuration, on a free port. */
export async function startNginx({ nameServerPort, instancesPort }: NginxOptions): Promise<RunningNginx> {
  const port = await freePort()
  const folder = await mkdtemp(path.join(tmpdir(), 'nginx-'))
  const original = await readFile(path.join(import.meta.dirname, '..', '..', 'nginx.conf'), 'utf8')
  // What docker compose makes of it: name server, ports, a /tmp of its own, and standard output. And less patience.
  const conf = original
    .replaceAll('/tmp/', `${folder}/`)
    .replaceAll('/dev/stdout', `${folder}/access.log`)
    .replace('127.0.0.11', `127.0.0.1:${nameServerPort}`)
    .replace('instances:3000', `instances:${instancesPort}`)
    .replace('listen 3040', `listen 127.0.0.1:${port}`)
    .replace('proxy_read_timeout 10s', 'proxy_read_timeout 4s')
  await writeFile(path.join(folder, 'nginx.conf'), conf)
  const nginx = startCommand(nginxProgram ?? 'nginx', [
    '-p',
    folder,
    '-c',
    `${folder}/nginx.conf`,
    '-g',
    'daemon off;',
  ])
  const url = `http://localhost:${port}`
  const isUp = () =>
    fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    )
  const ended = nginx.exit.then(() => Promise.reject(new Error(nginx.stderr())))
  await Promise.race([until('nginx answers', isUp), ended])
  ended.catch(() => undefined) // later it ends because it is told to
  return {
    url,
    async stop() {
      await nginx.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
