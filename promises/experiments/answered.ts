import type { Experiment, Result } from '../arena.ts'
import type { Level2Page } from '../dialects/level-2.ts'
import type { Level3Page, Level3Person } from '../dialects/level-3.ts'

/** The sender of what is right learns that the server has it, and the sender of what is wrong that it is wrong. */
export const answered: Experiment = async (arena) => {
  if (arena.level === 1) return answeredOnASocket(arena)
  if (arena.level === 2) return answeredEvents(arena)
  return answeredEverywhere(arena)
}

const SAID = 10

/** Level 1: an echo and a push are the same frame, so nothing that comes can be taken for an answer. */
const answeredOnASocket: Experiment = async (arena) => {
  const ann = await arena.level1.person('ann')
  const page = await ann.openPage()
  const eve = await arena.person('eve')
  page.link.freeze('to the server')
  let fooled = 0
  for (let n = 1; n <= SAID; n++) {
    const text = arena.text(ann, n)
    page.say(text)
    await eve.send('*', text)
    if (await page.shows(text, 1_000)) fooled++
  }
  const evidence = `${SAID} said over a link that lets nothing through to the server: ${fooled} look answered, by somebody else’s push of the same text`
  return { verdict: fooled > 0 ? 'broken' : 'kept', evidence }
}

interface Question {
  what: string
  ask(): Promise<unknown>
  /** Whether this is the answer that is due. */
  isRight(answer: unknown): boolean
}

type Acknowledged = { ok?: boolean; error?: { code?: string }; data?: { id?: string } } | undefined

const acknowledges = (answer: unknown) => (answer as Acknowledged)?.ok === true
const refuses =
  (...codes: string[]) =>
  (answer: unknown) => {
    const { ok, error } = (answer as Acknowledged) ?? {}
    return (
      ok === false && typeof error?.code === 'string' && (codes.length === 0 || codes.includes(error.code))
    )
  }

const answeredEvents: Experiment = async (arena) => {
  const ann = await arena.level2.person('ann')
  const bob = await arena.level2.person('bob')
  await bob.openPage()
  const page: Level2Page = await ann.openPage()
  const ask = (event: string, payload: unknown) => () => page.ask(event, payload, 3_000)
  const text = arena.text(ann, 1)
  const questions: Question[] = [
    { what: 'a message to everyone', ask: ask('message:send', { text }), isRight: acknowledges },
    { what: 'a private message', ask: ask('message:send', { text, to: bob.name }), isRight: acknowledges },
    { what: 'no text', ask: ask('message:send', {}), isRight: refuses('bad_payload') },
    { what: 'a number as text', ask: ask('message:send', { text: 7 }), isRight: refuses('bad_payload') },
    { what: 'null', ask: ask('message:send', null), isRight: refuses('bad_payload') },
    {
      what: '2,001 characters',
      ask: ask('message:send', { text: 'x'.repeat(2_001) }),
      isRight: refuses('bad_payload'),
    },
    {
      what: 'a room and a user at once',
      ask: ask('message:send', { text, room: 'tea', to: bob.name }),
      isRight: refuses('bad_payload'),
    },
    {
      what: 'a room one is not in',
      ask: ask('message:send', { text, room: 'tea' }),
      isRight: refuses('not_a_member'),
    },
    {
      what: 'someone who is away',
      ask: ask('message:send', { text, to: 'nobody-here' }),
      isRight: refuses('user_offline'),
    },
    {
      what: 'a room’s name that is none',
      ask: ask('room:join', { room: 'No Room!' }),
      isRight: refuses('invalid_room'),
    },
    { what: 'joining a room', ask: ask('room:join', { room: 'tea' }), isRight: acknowledges },
    { what: 'leaving a room', ask: ask('room:leave', { room: 'tea' }), isRight: acknowledges },
    { what: 'typing', ask: ask('typing', {}), isRight: acknowledges },
    { what: 'typing in a list', ask: ask('typing', [1]), isRight: refuses('bad_payload') },
  ]
  return putAll(questions)
}

const answeredEverywhere: Experiment = async (arena) => {
  const [ann, bob] = (await Promise.all([arena.person('ann'), arena.person('bob')])) as [
    Level3Person,
    Level3Person,
  ]
  const page: Level3Page = await ann.openPage()
  const text = arena.text(ann, 1)
  const post = (body: unknown) => () => ann.api('POST', '/api/notifications', body)
  const ask = (event: string, payload: unknown) => () => page.ask(event, payload, 3_000)
  const status =
    (...expected: number[]) =>
    (answer: unknown) => {
      const { status: given, json } = answer as { status: number; json: { code?: unknown } | undefined }
      return expected.includes(given) && (given < 400 || typeof json?.code === 'string')
    }
  const questions: Question[] = [
    { what: 'a notification', ask: post({ to: bob.name, title: text, message: text }), isRight: status(201) },
    { what: 'no recipient', ask: post({ title: text, message: text }), isRight: status(400) },
    { what: 'a number as title', ask: post({ to: bob.name, title: 7, message: text }), isRight: status(400) },
    {
      what: 'a list as recipient',
      ask: post({ to: [bob.name], title: text, message: text }),
      isRight: status(400),
    },
    {
      what: 'an unknown recipient',
      ask: post({ to: 'nobody-here', title: text, message: text }),
      isRight: status(404),
    },
    {
      what: 'an unknown type',
      ask: post({ to: bob.name, type: 'x', title: text, message: text }),
      isRight: status(400),
    },
    { what: 'no JSON', ask: post('{"to":'), isRight: status(400, 415) },
    {
      what: 'everyone, by no admin',
      ask: post({ to: '*', title: text, message: text }),
      isRight: status(403),
    },
    { what: 'an id that is none', ask: () => ann.api('GET', '/api/notifications/7'), isRight: status(400) },
    {
      what: 'an id that nobody has',
      ask: () => ann.api('GET', `/api/notifications/${'0'.repeat(24)}`),
      isRight: status(404),
    },
    {
      what: 'a limit of 1000',
      ask: () => ann.api('GET', '/api/notifications?limit=1000'),
      isRight: status(400),
    },
    { what: 'seen', ask: ask('notifications:seen', { upTo: 0 }), isRight: acknowledges },
    { what: 'seen, without a number', ask: ask('notifications:seen', {}), isRight: refuses() },
    { what: 'null', ask: ask('notification:mark-read', null), isRight: refuses() },
    { what: 'an id that is a list', ask: ask('notification:delete', { id: ['x'] }), isRight: refuses() },
    { what: 'a fetch before "x"', ask: ask('notifications:fetch', { before: 'x' }), isRight: refuses() },
    { what: 'a room one is not in', ask: ask('room:send', { room: 'nowhere', text }), isRight: refuses() },
    { what: 'a token that is none', ask: ask('session:renew', { token: 'x' }), isRight: refuses() },
  ]
  return putAll(questions)
}

async function putAll(questions: readonly Question[]): Promise<Result> {
  const wrong: string[] = []
  for (const { what, ask, isRight } of questions) {
    const answer = await ask().catch((error: Error) => `no answer (${error.message})`)
    if (isRight(answer)) continue
    const { status, text } = (typeof answer === 'object' ? answer : {}) as { status?: number; text?: string }
    const said = status === undefined ? JSON.stringify(answer) : `${status} ${text}`
    wrong.push(`${what}: ${said.slice(0, 120)}`)
  }
  const good = questions.length - wrong.length
  const evidence = `${questions.length} asked, right and wrong: ${good} answered as they should be`
  if (wrong.length === 0) return { verdict: 'kept', evidence }
  return { verdict: 'broken', evidence: `${evidence}; ${wrong.slice(0, 3).join('; ')}` }
}
