import { describe, expect, it } from 'vitest'
import { explainPacket } from './explain-packet.ts'

const explainEvent = (name: string, args: unknown[]) =>
  name === 'message:new' ? `a message with ${args.length} argument` : undefined
const explain = (raw: string, direction: 'in' | 'out' = 'in') => explainPacket(raw, direction, explainEvent)

describe('explainPacket', () => {
  it.each([
    ['0{"sid":"abc","pingInterval":25000}', 'open'],
    ['1', 'close'],
    ['2', 'ping'],
    ['3', 'pong'],
    ['40', 'connect'],
    ['40{"sid":"abc"}', 'connect'],
    ['40/admin,{"token":"x"}', 'connect'],
    ['41', 'disconnect'],
    ['42["message:new",{"text":"hi"}]', 'event'],
    ['42/admin,17["message:new",{}]', 'event'],
    ['43[{"ok":true}]', 'ack'],
    ['4317[{"ok":true}]', 'ack'],
    ['44{"message":"no"}', 'refused'],
    ['451-["file",{"_placeholder":true,"num":0}]', 'event'],
    ['461-12[{"_placeholder":true,"num":0}]', 'ack'],
  ])('reads %s as %s', (raw, kind) => {
    expect(explain(raw).kind).toBe(kind)
  })

  it.each(['', 'hello', '9', '4', '4x', '47[]', '{"json":1}', '42', '42{"not":"an array"', '42["cut'])(
    'does not fail on garbage: %j',
    (raw) => {
      expect(explain(raw).why).not.toBe('')
    },
  )

  it('lets the level say what its events mean, and names those it does not know', () => {
    expect(explain('42["message:new",{"text":"hi"}]').why).toBe('a message with 1 argument')
    expect(explain('42["other"]').why).toBe('the event other')
  })

  it('says which acknowledgement an event wants and an answer answers', () => {
    expect(explain('425["message:new",{}]', 'out').why).toBe(
      'a message with 1 argument (wants acknowledgement 5)',
    )
    expect(explain('435[{"ok":true}]').why).toBe('the answer to event 5')
  })

  it('tells the two handshakes apart', () => {
    expect(explain('40{"username":"ada"}', 'out').why).toBe('who I am: the handshake')
    expect(explain('40{"sid":"abc"}', 'in').why).toBe('welcome: the socket has an id now')
  })

  it('reads a text of several lines', () => {
    expect(explain('42["message:new",{"text":"a\u2028b"}]').kind).toBe('event')
  })
})
