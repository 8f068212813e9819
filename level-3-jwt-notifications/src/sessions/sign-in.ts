import type EventEmitter from 'node:events'
import type { SignedIn, User } from '../events.ts'
import type { AccessTokens } from './access-token.ts'
import type { Devices } from './devices.ts'
import type { Continued, Device, Sessions } from './sessions.ts'

/** Someone signed in, or a session ended: told to whoever wants to react. */
export interface SignInEvents {
  'sign-in': [SignIn]
  'sign-out': [{ userId: string; sids: string[] }]
}

export interface SignIn extends Device {
  userId: string
  sid: string
  /** The user has signed in before, but never from such a browser at such an address. */
  newDevice: boolean
}

export interface SignInParts {
  sessions: Sessions
  devices: Devices
  tokens: AccessTokens
  signIns: EventEmitter<SignInEvents>
}

/** Opens a session for a user whose password was right, and tells of it. */
export async function signIn(
  user: User,
  device: Device,
  { sessions, devices, tokens, signIns }: SignInParts,
): Promise<SignedIn & Pick<Continued, 'refreshToken'>> {
  const newDevice = await devices.isNew(user.id, device)
  const session = await sessions.open(user.id, device)
  signIns.emit('sign-in', { userId: user.id, sid: session.sid, ...device, newDevice })
  return { ...signedIn(user, session.sid, tokens), refreshToken: session.refreshToken }
}

/** The answer to register, login and refresh. */
export function signedIn(user: User, sid: string, tokens: AccessTokens): SignedIn {
  const { token, expiresIn } = tokens.issue({ userId: user.id, sid, role: user.role })
  return { user, accessToken: token, expiresIn }
}
