import { request } from './person.ts'

/** What the page's own requests carry, and no other site's can. */
export const OWN = { 'x-requested-with': 'fetch' }

export const refreshAt = (url: string, cookie: string, headers: Record<string, string> = OWN) =>
  request(url, 'POST', '/api/auth/refresh', undefined, { cookie, ...headers })

export const logOutAt = (url: string, cookie: string, headers: Record<string, string> = OWN) =>
  request(url, 'POST', '/api/auth/logout', undefined, { cookie, ...headers })
