import { type Program, startProgram } from '@levels/shared/testing/process.ts'

/** One instance of the level, as a process of its own. */
export interface Instance {
  url: string
  program: Program
  /** What it wrote so far. */
  output(): string
  /** Sends the signal and gives its exit code; null when the signal itself ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

export interface Services {
  /** Addresses. */
  mongo: string
  redis: string
}

/** Starts an instance on a free port; resolves when it says where. The caller must end it. */
export async function startInstance(
  name: string,
  services: Services,
  env: Record<string, string> = {},
): Promise<Instance> {
  const program = launchInstance(name, services, env)
  return {
    url: await program.url(),
    program,
    output: () => program.stdout() + program.stderr(),
    async end(signal) {
      program.kill(signal)
      return (await program.exit).code
    },
  }
}

/** The same, not waiting for anything. */
function launchInstance(name: string, { mongo, redis }: Services, env: Record<string, string> = {}): Program {
  return startProgram(['level-4-push-scaling/src/main.ts'], {
    env: {
      INSTANCE_NAME: name,
      PORT: '0',
      MONGODB_URI: mongo,
      REDIS_URL: redis,
      NODE_ENV: undefined,
      ...env,
    },
  })
}
