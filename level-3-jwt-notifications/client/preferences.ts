import type { Notification, NotificationType } from '../src/events.ts'
import type { Api } from './api.ts'

export interface Preferences {
  /** ISO 8601. */
  mutedUntil: string | null
  /** The types that a channel does not bring. */
  off: Record<Channel, NotificationType[]>
}

export const channels = ['socket', 'push', 'email'] as const
export type Channel = (typeof channels)[number]

/** What tells of a stranger in the account cannot be turned off. */
export const alwaysOn: readonly NotificationType[] = ['account', 'login.new']

export type PreferenceStore = ReturnType<typeof createPreferences>

/** What the user wants to hear of. Push and mail are decided at the server; what the page shows is decided here. */
export function createPreferences(api: Api) {
  let current: Preferences = { mutedUntil: null, off: { socket: [], push: [], email: [] } }
  return {
    get current() {
      return current
    },
    /** Throws Problem. */
    async load(): Promise<Preferences> {
      current = (await api<Preferences>('GET', '/api/preferences')).data
      return current
    },
    /** Throws Problem; then nothing has changed. */
    async save(next: Preferences): Promise<void> {
      current = (await api<Preferences>('PUT', '/api/preferences', { body: next })).data
    },
    /** Whether it may make itself noticed: a toast, a bell that shakes. The list has it all the same. */
    allows({ type }: Pick<Notification, 'type'>, now = Date.now()): boolean {
      if (alwaysOn.includes(type)) return true
      const isMuted = current.mutedUntil !== null && Date.parse(current.mutedUntil) > now
      return !isMuted && !current.off.socket.includes(type)
    },
  }
}
