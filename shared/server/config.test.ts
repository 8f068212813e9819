import { describe, expect, it } from 'vitest'
import { readCommonConfig, readInteger, StartError } from './config.ts'

describe('readInteger', () => {
  const range = { fallback: 5, min: 1, max: 10 }

  it.each([
    [undefined, 5],
    ['', 5],
    ['1', 1],
    ['10', 10],
    ['007', 7],
  ])('takes %j as %i', (text, value) => {
    expect(readInteger({ SIZE: text }, 'SIZE', range)).toBe(value)
  })

  it.each(['0', '11', '-1', '+1', '1.0', '1e1', '0x1', ' 1', '1 ', 'one', 'NaN', 'Infinity', '１'])(
    'refuses %j, naming the variable, what it may be and what to try',
    (text) => {
      const read = () => readInteger({ SIZE: text }, 'SIZE', range)
      expect(read).toThrow(StartError)
      expect(read).toThrow(`SIZE must be a whole number from 1 to 10, not "${text}": try SIZE=5`)
    },
  )
})

describe('readCommonConfig', () => {
  it('needs nothing to be set', () => {
    expect(readCommonConfig({}, 3010)).toEqual({
      host: '127.0.0.1',
      port: 3010,
      allowedOrigins: [],
      allowedHosts: [],
      production: false,
    })
  })

  it('takes what is set', () => {
    const env = {
      HOST: '::1',
      PORT: '0',
      NODE_ENV: 'production',
      ALLOWED_HOSTS: ' Laptop.local,,192.168.1.7,[fd00::1]',
      ALLOWED_ORIGINS: ' https://a.example ,,http://b.example:8080,http://[::1]:3000',
    }
    expect(readCommonConfig(env, 3010)).toEqual({
      host: '::1',
      port: 0,
      allowedOrigins: ['https://a.example', 'http://b.example:8080', 'http://[::1]:3000'],
      allowedHosts: ['laptop.local', '192.168.1.7', '[fd00::1]'],
      production: true,
    })
  })

  it.each([
    '*',
    'null',
    'a.example',
    'https://a.example/',
    'https://a.example/path',
    'https://*.example',
    'https://A.example',
    'https://a.example:443',
    'https://user@a.example',
    'file://',
    'https://a.example https://b.example',
  ])('refuses the origin %j, which no browser sends', (entry) => {
    const read = () => readCommonConfig({ ALLOWED_ORIGINS: `https://fine.example,${entry}` }, 3010)
    expect(read).toThrow(StartError)
    expect(read).toThrow(`ALLOWED_ORIGINS has "${entry}"`)
  })

  it.each(['*', '*.example', 'https://a.example', 'a.example:3010', 'a.example/', 'a b', 'fd00::1'])(
    'refuses the host %j, which is none',
    (entry) => {
      const read = () => readCommonConfig({ ALLOWED_HOSTS: `fine.example,${entry}` }, 3010)
      expect(read).toThrow(StartError)
      expect(read).toThrow(`ALLOWED_HOSTS has "${entry}"`)
    },
  )
})
