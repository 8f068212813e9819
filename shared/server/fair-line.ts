import { HttpError } from './http-error.ts'

/** Runs `work` when it is its turn. Throws HttpError 503 `busy` when the line is full, or after `patienceMs`. */
export type FairLine = <T>(address: string, name: string, work: () => Promise<T>) => Promise<T>

export interface FairLineOptions {
  /** How many work at once. */
  running: number
  /** How many may wait, of all and of one address. */
  waiting: number
  waitingPerAddress: number
  patienceMs: number
}

/** How many addresses and names there are whose last turn is remembered. */
const REMEMBERED = 10_000

interface Waiting {
  address: string
  name: string
  start(): void
}

/**
 * A line in which nobody can stand in everybody's way: the next turn goes to the address, and within it to the name,
 * whose last turn is the longest ago. Whoever sends 50 requests at once waits for themselves.
 */
export function createFairLine(options: FairLineOptions): FairLine {
  let waiting: Waiting[] = []
  let running = 0
  let turns = 0
  const lastTurn = new Map<string, number>()

  function turnOf({ address, name }: Pick<Waiting, 'address' | 'name'>): [number, number] {
    return [lastTurn.get(address) ?? 0, lastTurn.get(`${address} ${name}`) ?? 0]
  }

  function startNext(): void {
    const [first, ...others] = waiting
    if (!first || running >= options.running) return
    const next = others.reduce((best, one) => (isBefore(turnOf(one), turnOf(best)) ? one : best), first)
    waiting = waiting.filter((one) => one !== next)
    noteTurn(next)
    next.start()
  }

  function noteTurn({ address, name }: Pick<Waiting, 'address' | 'name'>): void {
    // Without a line there is nothing to be fair about. And one that never ends must not be remembered for ever.
    if (waiting.length === 0 || lastTurn.size > REMEMBERED) lastTurn.clear()
    turns++
    lastTurn.set(address, turns).set(`${address} ${name}`, turns)
    running++
  }

  function waitForTurn(address: string, name: string): Promise<void> {
    const ofAddress = waiting.filter((one) => one.address === address).length
    if (waiting.length >= options.waiting || ofAddress >= options.waitingPerAddress) throw busy()
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => {
        waiting = waiting.filter((one) => one !== entry)
        reject(busy())
      }, options.patienceMs)
      const entry: Waiting = {
        address,
        name,
        start() {
          clearTimeout(giveUp)
          resolve()
        },
      }
      waiting.push(entry)
    })
  }

  return async (address, name, work) => {
    if (running < options.running) noteTurn({ address, name })
    else await waitForTurn(address, name)
    try {
      return await work()
    } finally {
      running--
      startNext()
    }
  }
}

function isBefore([addressA, nameA]: [number, number], [addressB, nameB]: [number, number]): boolean {
  return addressA !== addressB ? addressA < addressB : nameA < nameB
}

function busy(): HttpError {
  return new HttpError(503, 'busy', 'Too many sign-ins at once: try again in a moment.', {
    'retry-after': '5',
  })
}
