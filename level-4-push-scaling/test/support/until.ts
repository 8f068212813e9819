import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again and again until the answer is something (not undefined, null or false); rejects after `timeoutMs`. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline) {
    const answer = await ask()
    if (answer !== undefined && answer !== null && answer !== false) return answer
    await sleep(20)
  }
  throw new Error(`Not within ${timeoutMs} ms: ${what}`)
}
