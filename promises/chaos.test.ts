import path from 'node:path'
import { runner } from '@levels/shared/dev/typescript.js'
import { cheapPasswords } from '@levels/shared/testing/cheap-passwords.ts'
import { describe, expect, it } from 'vitest'
import { runChaos } from './chaos/chaos.ts'
import { countKinds } from './chaos/judge.ts'
import { drawPicture } from './chaos/picture.ts'
import { planFaults } from './chaos/plan.ts'
import { createHistory } from './history.ts'
import { createRandom } from './random.ts'

cheapPasswords()

const kinds = ['app1 killed', 'app2 killed', 'Redis killed', 'MongoDB killed']
const rhythm = { after: [500, 2_500], lasts: [200, 2_000] } as const

function plan(seed: number, count: number) {
  const faults = planFaults(createRandom(seed), kinds, rhythm)
  return Array.from({ length: count }, () => faults.next().value)
}

describe('the faults of a run', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(plan(3, 50)).toEqual(plan(3, 50))
    expect(plan(3, 50)).not.toEqual(plan(4, 50))
  })

  it('have every kind before any comes again, and last as long as they may', () => {
    const first = plan(3, kinds.length)
    expect(first.map(({ kind }) => kind).sort()).toEqual([...kinds].sort())
    for (const { afterMs, forMs } of plan(5, 200)) {
      expect(afterMs).toBeGreaterThanOrEqual(500)
      expect(afterMs).toBeLessThanOrEqual(2_500)
      expect(forMs).toBeGreaterThanOrEqual(200)
      expect(forMs).toBeLessThanOrEqual(2_000)
    }
  })
})

describe('the picture', () => {
  const history = createHistory()
  history.add('bob/1', 'opened', { of: 'bob' })
  history.add('bob/1', 'ready')
  for (const message of ['one', 'two', 'three']) {
    history.add('ann', 'send', { message, to: ['bob'] })
    history.add('ann', 'acknowledged', { message })
  }
  history.add('bob/1', 'shown', { message: 'one' })
  const drawn = drawPicture(history.entries, [{ kind: 'a < b', from: 0, to: 1 }], ['a run', 'its "counts"'])

  it('has a line for what was shown, a red one for each that was lost, and a bar for each fault', () => {
    expect(drawn.match(/stroke="#0f766e"/g)).toHaveLength(1)
    expect(drawn.match(/<title>lost: (two|three)<\/title>/g)).toHaveLength(2)
    expect(drawn.match(/fill="#b45309"/g)).toHaveLength(1)
    expect(drawn).toContain('2 wrong')
  })

  it('is well-formed, whatever the words', () => {
    expect(drawn).toContain('a &lt; b')
    expect(drawn).toContain('its &quot;counts&quot;')
  })
})

// Short, and only to see that nothing is lost; `npm run prove 4 -- --chaos 60` takes a minute.
describe.concurrent('under faults of every kind', { timeout: 240_000 }, () => {
  const onNote = () => undefined

  it('level 4 shows once whatever it acknowledged', async () => {
    const { verdict, evidence, faults, history } = await runChaos({
      level: 4,
      target: { kind: 'ours' },
      seed: 3,
      seconds: 15,
      perSecond: 60,
      onNote,
    })
    expect(`${verdict}: ${evidence}`).toMatch(/^kept: .* 0 lost, 0 twice, 0 not theirs, 0 out of order/)
    for (const kind of [/app\d killed/, /link/, /token/, /push/]) expect(countKinds(faults)).toMatch(kind)
    expect(drawPicture(history, faults, [evidence])).toMatch(/^<svg .*<\/svg>\n$/s)
  })

  it('a server that writes later than it answers is caught', async () => {
    const script = path.join(import.meta.dirname, 'liars', 'survives-a-crash.ts')
    const command = [process.execPath, runner, script].map((word) => `"${word}"`).join(' ')
    const target = { kind: 'start', command, alone: true } as const
    const { verdict, evidence } = await runChaos({ level: 3, target, seed: 3, seconds: 6, onNote })
    expect(`${verdict}: ${evidence}`).toMatch(/^broken: .* [1-9]\d* lost/)
  })
})
