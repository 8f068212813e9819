import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { type Env, StartError } from '@levels/shared/server/config.ts'
import { createLog, readLogLevel } from '@levels/shared/server/log.ts'
import { networkNotes } from '@levels/shared/server/notes.ts'
import { listen, startLines } from '@levels/shared/server/run.ts'
import { isShuttingDown, onShutdown } from '@levels/shared/server/shutdown.ts'
import { type Config, readConfig } from '../src/config.ts'
import { keepRunning, type ProgramOptions, type RunningProgram } from './keep-running.ts'

/** Instances end first, then the services: together less than the 4 s that this process gives itself. */
const INSTANCE = { restartAfterMs: 5_000, stopWithinMs: 2_500 }
const SERVICE = { restartAfterMs: 1_000, stopWithinMs: 1_000 }

type Program = Omit<ProgramOptions, 'log'>

/**
 * Runs the whole level from this one process: the embedded services (unless `MONGODB_URI` and `REDIS_URL` name others),
 * app1 and app2, and the balancer. Each is a process of its own, can be killed, and is started again. A start that
 * cannot succeed prints one line and exits with code 1; SIGINT and SIGTERM stop everything, exit code 0.
 */
async function runCluster(env: Env): Promise<void> {
  const services: RunningProgram[] = []
  const instances: RunningProgram[] = []
  let closePhones = () => Promise.resolve()
  // First the programs that use the services, then the services: none of them loses what it uses.
  const closeAll = async () => {
    await Promise.all(instances.map((program) => program.stop()))
    await Promise.all([...services.map((program) => program.stop()), closePhones()])
  }
  onShutdown(closeAll)
  try {
    const log = createLog(readLogLevel(env))
    const config = readConfig(env)
    const ports = await choosePorts(config)
    const start = async (group: RunningProgram[], program: Program) => {
      const running = await keepRunning({ ...program, log })
      group.push(running)
      return running
    }

    const backing = Promise.all([
      config.mongodbUri
        ? { ready: config.mongodbUri, services: ['MongoDB at MONGODB_URI'] }
        : start(services, await mongoProgram(config)),
      config.redisUrl
        ? { ready: config.redisUrl, services: ['Redis at REDIS_URL'] }
        : start(services, await redisProgram()),
      // Not where a push service of one's own is used: there is one authority to trust.
      config.production || config.pushCaFile
        ? undefined
        : startPhones(config).then((started) => {
            closePhones = started.close
            return started
          }),
    ])
    // All at once: each loads what it is made of, and then waits for what it needs.
    const addresses = backing.then(([mongo, redis, phones]) => ({
      MONGODB_URI: mongo.ready,
      REDIS_URL: redis.ready,
      ...phones?.env,
    }))
    const apps = Promise.all([
      start(instances, instanceProgram('app1', ports.app1, addresses)),
      start(instances, instanceProgram('app2', ports.app2, addresses)),
    ])
    const balancing = start(instances, balancerProgram(ports, apps))
    const [[mongo, redis], [app1, app2], balancer] = await Promise.all([backing, apps, balancing])

    console.log(
      startLines(
        'Level 4 · Web Push and several instances',
        balancer.ready,
        [...mongo.services, ...redis.services],
        [
          `instances: app1 ${app1.ready}, app2 ${app2.ready}`,
          ...networkNotes(config, ports.balancer),
          ...(app1.notes ?? []),
        ],
      ),
    )
    // A saved file: the services live on, and so does the balancer.
    process.on('message', (message: { restart?: string }) => {
      if (message.restart === undefined) return
      for (const app of [app1, app2]) app.restart({ SOURCES_VERSION: message.restart })
    })
    process.send?.({ ready: balancer.ready, restarts: true })
  } catch (error) {
    if (isShuttingDown()) return // stopped while it started: what it uses goes first, and that is no failure
    console.error(error instanceof StartError ? error.message : `Level 4 failed to start: ${error}`)
    await closeAll()
    process.exit(1)
  }
}

interface Ports {
  app1: number
  app2: number
  balancer: number
}

/** Throws StartError when one of the three is taken, before anything was started. */
async function choosePorts({ host, port }: Config): Promise<Ports> {
  const ports = { app1: port, app2: port + 1, balancer: port + 40 }
  if (port === 0 || ports.balancer > 65_535) {
    throw new StartError(
      'PORT is app1, PORT+1 app2 and PORT+40 the balancer: choose from 1 to 65495, try PORT=3000',
    )
  }
  for (const each of Object.values(ports)) await probe(host, each)
  return ports
}

/** Listens there for a moment; returns the port, which for 0 is a free one. */
async function probe(host: string, port: number): Promise<number> {
  const server = createServer()
  await listen(server, { host, port })
  const { port: found } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return found
}

async function mongoProgram({ dataDir }: Config): Promise<Program> {
  return {
    name: 'mongo',
    script: 'dev/mongo-process.ts',
    env: { ...(await serviceAddress()), MONGO_DIR: path.join(dataDir, 'level-4') },
    ...SERVICE,
  }
}

async function redisProgram(): Promise<Program> {
  return {
    name: 'redis',
    script: 'dev/redis-process.ts',
    env: await serviceAddress(),
    ...SERVICE,
  }
}

/** Made once: a service that is started again is where it was. */
async function serviceAddress(): Promise<Env> {
  return {
    SERVICE_PORT: String(await probe('127.0.0.1', 0)),
    SERVICE_PASSWORD: randomBytes(24).toString('base64url'),
  }
}

/** Loaded when needed: production has none. */
async function startPhones({ pushAllowedHosts }: Config) {
  const { startPracticePhones } = await import('./practice-phones.ts')
  return startPracticePhones(pushAllowedHosts)
}

function instanceProgram(name: string, port: number, later: Promise<Env>): Program {
  return {
    name,
    script: 'src/main.ts',
    env: { INSTANCE_NAME: name, PORT: String(port), IN_CLUSTER: 'true' },
    later,
    ...INSTANCE,
  }
}

/** It listens when both instances do. */
function balancerProgram({ app1, app2, balancer }: Ports, apps: Promise<unknown>): Program {
  return {
    name: 'balancer',
    script: 'dev/balancer-process.ts',
    env: { PORT: String(balancer), TARGET_PORTS: `${app1},${app2}` },
    later: apps.then(() => ({})),
    ...SERVICE,
  }
}

// `npm run level-4`: two instances, a balancer in front, and the services they need, each a process of its own.
await runCluster(process.env)
