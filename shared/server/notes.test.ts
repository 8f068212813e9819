import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { setting } from './config.ts'
import { networkNotes } from './notes.ts'

const at = (address: string, internal = false): NetworkInterfaceInfo => ({
  address,
  internal,
  ...(address.includes(':') ? { family: 'IPv6' as const, scopeid: 0 } : { family: 'IPv4' as const }),
  netmask: '',
  mac: '',
  cidr: null,
})
const interfaces = {
  lo: [at('127.0.0.1', true), at('::1', true)],
  wlan0: [at('192.168.1.5'), at('2001:db8::5'), at('fe80::1')],
  eth0: [at('10.0.0.7')],
}
const notes = (host: string, allowedHosts: string[] = [], production = false) =>
  networkNotes({ host, allowedHosts, production }, 3010, interfaces)

describe('at start, a server', () => {
  it('on this machine alone says nothing of a network', () => {
    expect(notes('127.0.0.1')).toEqual([])
    expect(notes('::1')).toEqual([])
  })

  it('that listens to the network says every address that others can open, and what that means', () => {
    const [urls, name, meaning] = notes('0.0.0.0')
    expect(urls).toBe('others open: http://192.168.1.5:3010, http://10.0.0.7:3010')
    expect(name).toContain('ALLOWED_HOSTS')
    expect(meaning).toContain('seeded passwords and experiments')
  })

  it('on one address says that one', () => {
    expect(notes('10.0.0.7')[0]).toBe('others open: http://10.0.0.7:3010')
  })

  it('on IPv6 says those addresses, too, in brackets', () => {
    expect(notes('::')[0]).toContain('http://[2001:db8::5]:3010')
  })

  it('says the names that ALLOWED_HOSTS adds, first', () => {
    expect(notes('0.0.0.0', ['laptop.local'])[0]).toMatch(
      /^others open: http:\/\/laptop\.local:3010, http:\/\/192/,
    )
    expect(notes('0.0.0.0', ['laptop.local']).join()).not.toContain('ALLOWED_HOSTS')
  })

  it('in production has no seeded passwords and no experiments to warn of', () => {
    expect(notes('0.0.0.0', [], true).join()).not.toContain('seeded')
  })
})

it.each([
  ['linux', 'PORT=3011'],
  ['darwin', 'PORT=3011'],
  ['win32', "$env:PORT='3011';"],
] as const)('on %s a printed cure is written as its shell takes it: %s', (platform, text) => {
  expect(setting('PORT', 3011, platform)).toBe(text)
})
