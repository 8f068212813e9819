import { isIP } from 'node:net'
import { Refused } from './push.ts'

/**
 * The name of the push service behind an endpoint: its host, with the port unless that is 443. Two ports are two
 * services, and one that hangs must not delay the other. Throws Refused.
 */
export type EndpointCheck = (endpoint: string) => string

/**
 * An endpoint is an address that a stranger gives and this server then calls: unchecked, any user could make it call
 * machines that only it can reach (server-side request forgery, OWASP A10:2021). So it must lead to a known push service:
 * `allowedHosts` are host names, each standing for its subdomains too, with a port if it is not 443 (`localhost` without
 * one: any). The text is parsed, never searched: `https://evil.example/#fcm.googleapis.com` names evil.example.
 */
export function createEndpointCheck(allowedHosts: readonly string[]): EndpointCheck {
  const services = allowedHosts.map((entry) => {
    const [host = '', port] = entry.replace(/^\*\./, '').split(':')
    return { host, port: port === '443' ? '' : port }
  })

  return (endpoint) => {
    if (!URL.canParse(endpoint)) throw new Refused('The endpoint is not a URL.')
    const url = new URL(endpoint)
    if (url.protocol !== 'https:') throw new Refused('The endpoint must begin with https://.')
    if (url.username || url.password) throw new Refused('The endpoint must not contain credentials.')
    // The parser turns every way to write an address (decimal, octal, hexadecimal) into the usual one.
    const host = url.hostname
    if (isIP(host) || host.startsWith('['))
      throw new Refused('The endpoint must name a host, not an IP address.')
    const known = services.filter((service) => host === service.host || host.endsWith(`.${service.host}`))
    if (known.length === 0) throw new Refused(`${host} is not a push service that this server knows.`)
    const service = known.find(({ host, port = host === 'localhost' ? url.port : '' }) => port === url.port)
    if (!service) throw new Refused(`Port ${url.port || 443} is not a push service's.`)
    // Where two parsers read one text differently, a check can be passed by. The form that browsers give has one reading.
    if (url.href !== endpoint || url.hash) throw new Refused('The endpoint is not as a browser writes it.')
    return url.port ? `${service.host}:${url.port}` : service.host
  }
}
