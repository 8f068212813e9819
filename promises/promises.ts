export type Level = 1 | 2 | 3 | 4
export type Group = 'delivery' | 'security' | 'pressure' | 'process'

/** What a level says about a promise: it keeps it, it does not (and an experiment shows it), or it has no such thing. */
export type Expected = '✓' | '✗' | '–'

/** One guarantee. */
export interface Promised {
  id: PromiseId
  group: Group
  says: string
  /** For levels 1 to 4. */
  expected: readonly [Expected, Expected, Expected, Expected]
}

const all = {
  arrives: ['delivery', '✓✓✓✓', 'everyone who is connected gets it once'],
  'in-order': ['delivery', '✓✓✓✓', 'what one sender sent in order is shown in order, whoever else sends'],
  answered: [
    'delivery',
    '✗✓✓✓',
    'the sender learns that the server has it, and whatever is wrong is answered too',
  ],
  'right-person': [
    'delivery',
    '–✗✓✓',
    'nobody else gets it, and nobody can pass for the recipient, also right after they left',
  ],
  'survives-a-cut': ['delivery', '✗✓✓✓', 'links cut for 0.2 to 2 s while 100 are sent: all shown'],
  'survives-absence': [
    'delivery',
    '✗✗✓✓',
    'page closed, 50 sent, a fresh page without memory: all there, told apart from what was seen',
  ],
  'survives-a-crash': [
    'delivery',
    '✗✗✓✓',
    'killed with -9 at random moments while sending, started again: whatever was acknowledged is shown',
  ],
  once: [
    'delivery',
    '–✓✓✓',
    'three pages of one person, cuts, overlaps of live and missed: never twice in one page',
  ],
  'sent-twice': ['delivery', '✗✗✓✓', 'the answer to a sender is lost, the sender repeats: shown once'],
  'closed-browser': [
    'delivery',
    '✗✗✗✓',
    'no page open: every device’s push service gets it once, readable with the device’s keys alone',
  ],
  'no-needless-push': ['delivery', '–––✓', 'seen on a page in time, or read elsewhere: nothing is pushed'],
  'push-persists': [
    'delivery',
    '–––✓',
    'the push service says 429, 500, nothing: later, and once; 404, 410: never again',
  ],
  'an-instance-dies': [
    'process',
    '–––✓',
    'one of two killed with -9 while sending: pages are on the other within 10 s, nothing lost',
  ],
  'the-bus-dies': [
    'process',
    '–––✓',
    'Redis gone: sending works, pages of either instance get it within 5 s',
  ],
  'foreign-pages': [
    'security',
    '✓✓✓✓',
    'a foreign Origin gets no connection and no route that changes anything',
  ],
  'bad-input': [
    'pressure',
    '✓✓✓✓',
    'garbage, wrong types, too much: answered or cut, and nobody else notices',
  ],
  flood: [
    'pressure',
    '✓✓✓✓',
    'one peer that sends as fast as it can: others’ round trip stays under 250 ms in the middle, memory stays bounded; where events are limited (2 to 4) it is refused and then cut',
  ],
  'slow-reader': [
    'pressure',
    '✓✓✓✓',
    'peers that read nothing (live, catching up, pings): bounded memory, the others served, the peer cut',
  ],
  'dead-peer': ['process', '✓✓✓✓', 'a peer that vanished without a goodbye is gone within two heartbeats'],
  goodbye: ['process', '✓✓✓✓', 'SIGTERM: clients told, exit code 0 within 5 s, also with a hung peer'],
  identity: [
    'security',
    '––✓✓',
    'no token, forged, expired, of another key, algorithm or purpose: no REST, no socket',
  ],
  'token-ends': [
    'security',
    '––✓✓',
    'a socket does not outlive its token, and is renewed without losing anything',
  ],
  'sign-out': ['security', '––✓✓', 'sockets and tokens of a session end with it, on every instance'],
  theft: [
    'security',
    '––✓✓',
    'a refresh token used twice ends the session; two tabs at once, or an answer lost on the way, do not',
  ],
  'safe-endpoints': [
    'security',
    '–––✓',
    'a subscription cannot make the server call addresses that are not push services',
  ],
} as const satisfies Record<string, readonly [Group, string, string]>

export type PromiseId = keyof typeof all

/** Every promise, in the order of the table. */
export const promises: readonly Promised[] = Object.entries(all).map(([id, [group, marks, says]]) => ({
  id: id as PromiseId,
  group,
  says,
  expected: [...marks] as unknown as Promised['expected'],
}))

/** What this level says about this promise. */
export function expectedOf(promise: Promised, level: Level): Expected {
  return promise.expected[level - 1] ?? '–'
}

export function findPromise(id: string): Promised | undefined {
  return promises.find((promise) => promise.id === id)
}
