import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Env } from '../server/config.ts'
import { findChromium, findProgram } from '../testing/chromium.ts'
import { addressIn, canConnect, canListen } from './probe.ts'

/** What the doctor finds about one thing, in one line. */
export interface Finding {
  name: string
  /** `missing`: something works less well without it. `fatal`: nothing works. */
  state: 'there' | 'missing' | 'fatal'
  /** What is there: a version, a path, "free". */
  what: string
  neededFor: string
  /** How to get it, when it is not there. */
  cure?: string
}

const OLDEST_NODE = [20, 19] as const
/** How long a service may take to answer, in milliseconds. */
const PATIENCE_MS = 2_000

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  return {
    name: 'Node.js',
    state: isNewEnough ? 'there' : 'fatal',
    what: version,
    neededFor: 'everything',
    cure: `install Node.js ${OLDEST_NODE.join('.')} or newer from https://nodejs.org`,
  }
}

export async function checkPort(port: number, neededFor: string): Promise<Finding> {
  const isFree = await canListen(port)
  return {
    name: `Port ${port}`,
    state: isFree ? 'there' : 'missing',
    what: isFree ? 'free' : 'taken',
    neededFor,
    cure: 'stop the program that uses it, or choose another with PORT',
  }
}

export function checkBrowser(): Finding {
  const file = findChromium()
  return {
    name: 'Chromium',
    state: file ? 'there' : 'missing',
    what: file ?? 'not found',
    neededFor: 'the browser tests, which are skipped without it',
    cure: 'install Chrome or Chromium (apt install chromium), or set CHROMIUM_PATH',
  }
}

export function checkRedis(env: Env): Promise<Finding> {
  return checkService(env.REDIS_URL, {
    variable: 'REDIS_URL',
    defaultPort: 6379,
    program: 'redis-server',
    name: 'Redis',
    neededFor: 'level 4 in production; in development an embedded stand-in does',
    cure: 'apt install redis-server, or docker run -p 6379:6379 redis:8 and REDIS_URL=redis://localhost:6379',
  })
}

export function checkMongo(env: Env): Promise<Finding> {
  return checkService(env.MONGODB_URI, {
    variable: 'MONGODB_URI',
    defaultPort: 27_017,
    program: 'mongod',
    name: 'MongoDB',
    neededFor: 'levels 3 and 4 in production; in development an embedded stand-in does',
    cure: 'docker run -p 27017:27017 mongo:8 and MONGODB_URI=mongodb://localhost:27017/levels',
  })
}

export async function checkDocker(): Promise<Finding> {
  const finding = { name: 'Docker', neededFor: 'docker compose up at level 4, and nothing else' }
  const program = findProgram('docker')
  if (!program) {
    return { ...finding, state: 'missing', what: 'not found', cure: 'see https://docs.docker.com/get-docker' }
  }
  try {
    const args = ['version', '--format', '{{.Server.Version}}']
    const { stdout } = await promisify(execFile)(program, args, { timeout: PATIENCE_MS })
    return { ...finding, state: 'there', what: stdout.trim() }
  } catch {
    return {
      ...finding,
      state: 'missing',
      what: 'installed, but its daemon does not answer',
      cure: 'start its daemon',
    }
  }
}

interface Service extends Pick<Finding, 'name' | 'neededFor' | 'cure'> {
  variable: string
  defaultPort: number
  program: string
}

async function checkService(
  url: string | undefined,
  { variable, defaultPort, program, ...finding }: Service,
): Promise<Finding> {
  if (url) {
    const address = addressIn(url)
    const isThere = address !== undefined && (await canConnect(address.host, address.port ?? defaultPort))
    const what = isThere
      ? `answers at ${address.host} (${variable})`
      : `nothing answers where ${variable} says`
    return {
      ...finding,
      state: isThere ? 'there' : 'missing',
      what,
      cure: `correct ${variable}, or unset it`,
    }
  }
  const file = findProgram(program)
  return { ...finding, state: file ? 'there' : 'missing', what: file ?? 'not found' }
}
