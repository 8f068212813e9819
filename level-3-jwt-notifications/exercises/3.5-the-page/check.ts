import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { createRandom } from '../../../promises/random.ts'

interface Notification {
  id: string
  seq: number
  message: string
}

interface PageFile {
  createInbox(show: (notification: Notification) => void): {
    readonly cursor: number | undefined
    live(notification: Notification): void
    missed(packet: { items: Notification[]; upTo: number }): void
  }
}

const RUNS = 40
const STORED = 30

export async function check(attempt: Attempt): Promise<void> {
  const { createInbox } = await attempt.load<PageFile>('createInbox')

  /** A page, and what it shows. */
  function openPage(name: string) {
    const shown: number[] = []
    const inbox = createInbox(({ seq }) => {
      shown.push(seq)
      attempt.saw(`${name} shows ${seq}`)
    })
    return {
      shown,
      cursor: () => inbox.cursor,
      live(...numbers: number[]) {
        for (const seq of numbers) {
          attempt.saw(`${name} ← notification:new ${seq}`)
          inbox.live(entry(seq))
        }
      },
      missed(numbers: number[], upTo: number) {
        attempt.saw(`${name} ← notifications:missed ${numbers.join(' ') || 'none'}, upTo ${upTo}`)
        inbox.missed({ items: numbers.map(entry), upTo })
      },
    }
  }

  attempt.step('a first visit, and some that come live')
  const alice = openPage("Alice's page")
  attempt.expect(
    alice.cursor() === undefined,
    `A page that has not heard anything yet has the cursor ${alice.cursor()}. It is undefined: the server then says what no screen of hers has shown.`,
  )
  alice.missed([1, 2], 2)
  alice.live(3)
  attempt.expect(
    alice.shown.join() === '1,2,3' && alice.cursor() === 3,
    `Alice's page got 1 and 2 as missed and 3 live, showed ${alice.shown.join(' ')}, and has the cursor ${alice.cursor()}. It shows all three and stands at 3.`,
  )

  attempt.step('3 comes again, as missed')
  alice.missed([3, 4], 4)
  attempt.expect(
    alice.shown.join() === '1,2,3,4',
    `Number 3 came live, and once more in the packet of what was missed. The page showed ${alice.shown.join(' ')}. The server may send too much, so that it never sends too little; the page knows a notification by its id.`,
  )

  attempt.step('6 overtakes 5, and the connection is lost before 5 comes')
  alice.live(6)
  attempt.expect(
    alice.shown.includes(6),
    'Number 6 came live while 5 was still under way, and the page did not show it. What is there can be shown; only the cursor has to wait.',
  )
  attempt.expect(
    alice.cursor() === 4,
    `Number 6 came live, 5 has not come, and the cursor is ${alice.cursor()}. The page would come back saying "I have everything up to ${alice.cursor()}", and who would ever send 5? It stands at 4, up to which nothing is missing.`,
  )
  alice.missed([5, 6], 6)
  attempt.expect(
    alice.shown.join() === '1,2,3,4,6,5' && alice.cursor() === 6,
    `The page came back with 4 and got 5 and 6 as missed. It showed ${alice.shown.join(' ')} and has the cursor ${alice.cursor()}. Only 5 was new, and now nothing up to 6 is missing.`,
  )

  attempt.step('9 and 8 overtake 7, and then 7 comes')
  alice.live(9, 8)
  alice.live(7)
  attempt.expect(
    alice.cursor() === 9,
    `7, 8 and 9 came in the order 9 8 7, and the cursor is ${alice.cursor()}. With 7 the gap is closed, and nothing up to 9 is missing: it stands at 9.`,
  )

  attempt.step('an older packet and an old notification arrive late')
  alice.missed([], 7)
  alice.live(2)
  attempt.expect(
    alice.cursor() === 9,
    `The page stood at 9, something older came late, and the cursor went back to ${alice.cursor()}. What was shown stays shown: it never goes back.`,
  )

  attempt.step('12 is deleted: nothing is missed, and upTo says so')
  alice.missed([10, 11], 12)
  alice.live(13)
  attempt.expect(
    alice.cursor() === 13,
    `A packet had 10 and 11 and said upTo 12 (12 was deleted), then 13 came live, and the cursor is ${alice.cursor()}. Up to upTo there is nothing more to come: it stands at 13.`,
  )

  attempt.step('a first visit, in which 8 comes live before the first packet')
  const bob = openPage("Bob's page")
  bob.live(8)
  attempt.expect(
    bob.cursor() === undefined,
    `A page that knows nothing yet got 8 live, and says that it has everything up to ${bob.cursor()}. What about 6 and 7, which it has not been told of? Where it begins, only the first packet says.`,
  )
  bob.missed([6, 7], 7)
  attempt.expect(
    bob.shown.join() === '8,6,7' && bob.cursor() === 8,
    `The first packet had 6 and 7, and 8 had come live before. The page showed ${bob.shown.join(' ')} and has the cursor ${bob.cursor()}: it is 8.`,
  )

  attempt.step(`${RUNS} pages over links that break, by chance`)
  for (let seed = 1; seed <= RUNS; seed++) {
    const quiet: number[] = []
    const inbox = createInbox(({ seq }) => quiet.push(seq))
    liveThrough(inbox, seed)
    const numbers = [...quiet].sort((a, b) => a - b).join(' ')
    const all = Array.from({ length: STORED }, (_, index) => index + 1).join(' ')
    attempt.expect(
      numbers === all && inbox.cursor === STORED,
      `A page whose link broke again and again has shown ${numbers}, and its cursor is ${inbox.cursor}. ${STORED} were stored: each is shown once, and it stands at ${STORED}.`,
    )
  }
}

/** Some come live, in any order; some get lost; now and then the page comes back and gets what is after its cursor. */
function liveThrough(inbox: ReturnType<PageFile['createInbox']>, seed: number): void {
  const random = createRandom(seed)
  const underWay: number[] = []
  const comeBack = (stored: number) => {
    const from = inbox.cursor ?? 0
    const numbers = Array.from({ length: Math.max(0, stored - from) }, (_, index) => from + 1 + index)
    for (let at = 0; at === 0 || at < numbers.length; at += 4) {
      const packet = numbers.slice(at, at + 4)
      inbox.missed({ items: packet.map(entry), upTo: packet.at(-1) ?? Math.max(from, stored) })
    }
  }
  comeBack(0)
  for (let stored = 1; stored <= STORED; stored++) {
    underWay.push(stored)
    while (underWay.length > 0 && random.between(0, 99) < 60) {
      const [seq] = underWay.splice(random.between(0, underWay.length - 1), 1)
      if (seq !== undefined) inbox.live(entry(seq))
    }
    if (random.between(0, 99) < 20) {
      underWay.length = 0
      comeBack(stored)
    }
  }
  comeBack(STORED)
}

const entry = (seq: number): Notification => ({ id: `id-${seq}`, seq, message: `text ${seq}` })
