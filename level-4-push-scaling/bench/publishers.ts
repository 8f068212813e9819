import { logIn } from './sign-in.ts'

/** Sends one notification, and gives back the status of the answer and the number it got. */
export type Publisher = (to: string, title: string) => Promise<{ status: number; seq: number }>

/** A user that is signed in, and sends through the instance at `url`. */
export function publisher(url: string, token: string): Publisher {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  return async (to, title) => {
    const body = JSON.stringify({ to, type: 'message', title, message: 'Measured' })
    const response = await fetch(`${url}/api/notifications`, { method: 'POST', headers, body })
    const { seq } = (await response.json()) as { seq: number }
    return { status: response.status, seq }
  }
}

/** So many users of their own, made and signed in at `url`: their names and tokens. */
export async function newUsers(url: string, count: number): Promise<{ username: string; token: string }[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const username = `sender-${n}`
      await fetch(`${url}/api/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password: 'password123' }),
      })
      return { username, token: await logIn(url, username) }
    }),
  )
}

/** Does `work` for 0, 1, 2 … up to `count`, `lanes` at a time. */
export async function inLanes(
  count: number,
  lanes: number,
  work: (n: number, lane: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async (_: unknown, own: number) => {
    while (next < count) await work(next++, own)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
