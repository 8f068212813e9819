import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StartError } from './config.ts'
import { createLog, readLogLevel } from './log.ts'

describe('the log', () => {
  beforeEach(() => {
    vi.spyOn(console, 'log').mockReturnValue()
    vi.spyOn(console, 'error').mockReturnValue()
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  function writeEach(log: ReturnType<typeof createLog>): string[][] {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](`a ${level}`)
    const words = ([line]: unknown[]) => String(line).split(' ')[1] ?? ''
    return [vi.mocked(console.log).mock.calls.map(words), vi.mocked(console.error).mock.calls.map(words)]
  }

  it.each([
    ['debug', ['debug', 'info'], ['warn', 'error']],
    ['info', ['info'], ['warn', 'error']],
    ['warn', [], ['warn', 'error']],
    ['error', [], ['error']],
    ['silent', [], []],
  ] as const)('at level %s writes %j to standard output and %j to standard error', (level, out, err) => {
    expect(writeEach(createLog(level))).toEqual([out, err])
  })

  it('writes one line with the time, the level and the message', () => {
    createLog().info('hello')
    expect(console.log).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} info hello$/),
    )
  })

  it('keeps a message from forging a second line', () => {
    createLog().warn('name\r\n12:00:00.000 error forged')
    expect(vi.mocked(console.error).mock.calls[0]?.[0]).not.toMatch(/[\r\n]/)
  })
})

describe('LOG_LEVEL', () => {
  it('is info unless it is set', () => {
    expect([readLogLevel({}), readLogLevel({ LOG_LEVEL: '' }), readLogLevel({ LOG_LEVEL: 'warn' })]).toEqual([
      'info',
      'info',
      'warn',
    ])
  })

  it.each(['INFO', 'verbose', '1'])('refuses %s and names the words it knows', (text) => {
    expect(() => readLogLevel({ LOG_LEVEL: text })).toThrow(StartError)
    expect(() => readLogLevel({ LOG_LEVEL: text })).toThrow('debug, info, warn, error, silent')
  })
})
