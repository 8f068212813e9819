import type { Env } from './config.ts'

/**
 * The environment of this process. With `ENV_FOLLOWS`, whoever started it sends the rest as a message `{ env }` as soon as
 * that is known: meanwhile this process has loaded what it is made of.
 */
export async function completeEnvironment(): Promise<Env> {
  if (process.env.ENV_FOLLOWS) {
    const rest = await new Promise<Env>((resolve) => {
      process.on('message', function listen(message: { env?: Env }) {
        if (!message.env) return
        process.off('message', listen)
        resolve(message.env)
      })
    })
    Object.assign(process.env, rest)
  }
  return process.env
}
