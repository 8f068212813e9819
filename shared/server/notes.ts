import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { type CommonConfig, setting } from './config.ts'

/**
 * What to say at start of a server that listens to the network: where others find it, and what that means. Nothing for
 * one that only this machine reaches.
 */
export function networkNotes(
  { host, allowedHosts, production }: Pick<CommonConfig, 'host' | 'allowedHosts' | 'production'>,
  port: number,
  interfaces = networkInterfaces(),
): string[] {
  const addresses = addressesOf(host, interfaces)
  if (addresses.length === 0) return []
  const named = allowedHosts.length > 0 ? allowedHosts : addresses
  const urls = [...new Set([...named, ...addresses])].map((name) => `http://${name}:${port}`)
  const notes = [`others open: ${urls.join(', ')}`]
  if (allowedHosts.length === 0)
    notes.push(`by a name of this machine: ${setting('ALLOWED_HOSTS', 'laptop.local')}`)
  if (!production) {
    notes.push(
      'for development: open to whoever reaches it, with seeded passwords and experiments where it has them',
    )
  }
  return notes
}

/** The addresses under which other machines reach a server that listens on `host`, IPv6 ones in brackets. */
function addressesOf(host: string, interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): string[] {
  const all = Object.values(interfaces).flatMap((list) => list ?? [])
  const outside = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
  const isWanted = ({ address, family }: NetworkInterfaceInfo) =>
    host === '::' || (host === '0.0.0.0' && family === 'IPv4') || host === address
  return outside.filter(isWanted).map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))
}
