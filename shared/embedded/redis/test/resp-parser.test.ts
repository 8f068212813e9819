import { describe, expect, test } from 'vitest'
import { MAX_COMMAND_BYTES, RespParser } from '../src/resp-parser.ts'

function parse(parser: RespParser, bytes: Buffer | string): string[][] {
  const chunk = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
  return Array.from(parser.push(chunk), (command) => command.map((part) => part.toString('latin1')))
}

const PUBLISH = '*3\r\n$7\r\nPUBLISH\r\n$1\r\na\r\n$5\r\n\x00\r\n\xff$\r\n'
const PING = '*1\r\n$4\r\nPING\r\n'

describe('the RESP parser', () => {
  test('finds the same commands wherever the stream is cut', () => {
    const stream = Buffer.from(`${PUBLISH}*0\r\n${PING}*-1\r\n${PUBLISH}`, 'latin1')
    const publish = ['PUBLISH', 'a', '\x00\r\n\xff$']
    for (let first = 0; first <= stream.length; first++) {
      for (const size of [1, 7, stream.length]) {
        const parser = new RespParser()
        const found = parse(parser, stream.subarray(0, first))
        for (let at = first; at < stream.length; at += size) {
          found.push(...parse(parser, stream.subarray(at, at + size)))
        }
        expect(found).toEqual([publish, ['PING'], publish])
      }
    }
  })

  test('takes empty arguments', () => {
    expect(parse(new RespParser(), '*2\r\n$4\r\nPING\r\n$0\r\n\r\n')).toEqual([['PING', '']])
  })

  test('reads a large payload that arrives in many pieces in linear time', () => {
    const payload = Buffer.alloc(MAX_COMMAND_BYTES - 100, 'x')
    const parser = new RespParser()
    const commands = parse(parser, `*2\r\n$4\r\nECHO\r\n$${payload.length}\r\n`)
    const started = performance.now()
    for (let at = 0; at < payload.length; at += 1_000) parse(parser, payload.subarray(at, at + 1_000))
    commands.push(...parse(parser, '\r\n'))
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(commands.map(([name, text]) => [name, text?.length])).toEqual([['ECHO', payload.length]])
  })

  test.each([
    ['GET / HTTP/1.1\r\n', "expected '*', got 'G'"],
    ['*x\r\n', 'invalid multibulk length'],
    [`*${'1'.repeat(40)}`, 'invalid multibulk length'],
    ['*1000000\r\n', 'invalid multibulk length'],
    ['*1\r\n:3\r\n', "expected '$', got ':'"],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n$4x\r\n', 'invalid bulk length'],
    [`*1\r\n$${MAX_COMMAND_BYTES + 1}\r\n`, 'invalid bulk length'],
    [`*2\r\n$1\r\na\r\n$${MAX_COMMAND_BYTES}\r\n`, 'invalid bulk length'],
    ['*1\r\n$4\r\nPINGxx', 'expected CRLF after a bulk string'],
  ])('refuses %j', (bytes, problem) => {
    expect(() => parse(new RespParser(), bytes)).toThrow(`Protocol error: ${problem}`)
  })

  test('hands over the commands before the garbage', () => {
    const commands = new RespParser().push(Buffer.from(`${PING}garbage`))
    expect(commands.next().value?.map(String)).toEqual(['PING'])
    expect(() => commands.next()).toThrow('Protocol error')
  })
})
