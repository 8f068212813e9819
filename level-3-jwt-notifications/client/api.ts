import { http, Problem, type Request } from './http.ts'
import type { Session } from './session.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Calls the API as whoever is signed in. Throws Problem. */
export type Api = <T>(
  method: Method,
  path: string,
  request?: Omit<Request, 'token'>,
) => Promise<{ status: number; data: T }>

/** A token that has expired is refreshed and the call repeated, once; a session that was ended ends here, too. */
export function createApi(session: Session): Api {
  return async <T>(method: Method, path: string, request?: Omit<Request, 'token'>) => {
    const call = () => http<T>(method, path, { ...request, token: session.access?.token })
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error
      if (error.code === 'session_revoked') session.end(error.code)
      if (error.code !== 'token_expired' && error.code !== 'token_invalid') throw error
    }
    await session.refresh()
    return call()
  }
}
