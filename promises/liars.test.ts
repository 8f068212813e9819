import path from 'node:path'
import { typescriptArguments } from '@levels/shared/dev/typescript.js'
import { describe, expect, it } from 'vitest'
import { findPromise, type PromiseId } from './promises.ts'
import { tryLevel } from './run.ts'

const quote = (word: string) => `"${word}"`

/** What the experiment says of a server in liars/. */
async function say(file: string, ...ids: PromiseId[]): Promise<{ verdict: string; evidence: string }[]> {
  const script = path.join(import.meta.dirname, 'liars', `${file}.ts`)
  const promises = ids.flatMap((id) => findPromise(id) ?? [])
  return tryLevel({
    level: 1,
    promises,
    seed: 7,
    target: {
      kind: 'start',
      command: [process.execPath, ...typescriptArguments, script].map(quote).join(' '),
    },
  })
}

const liars: [PromiseId, evidence: RegExp][] = [
  ['arrives', /200 sent .* 196 shown; 4 lost: 50 of|lost: .* on bob\/1/],
  ['in-order', /out of order: .* on bob\/1/],
  ['foreign-pages', /a WebSocket with Origin http:\/\/localhost:\d+\.evil\.example: 101/],
  ['bad-input', /a message over 64 KiB: neither answered nor cut/],
  ['dead-peer', /still there 5\.\d s after the link stopped/],
  ['goodbye', /still running after 5 s/],
  ['slow-reader', /pongs: (0|1) cut/],
]

describe.concurrent('a server that breaks one promise is caught', { timeout: 60_000 }, () => {
  it.each(liars)('%s', async (id, evidence) => {
    const [result] = await say(id, id)
    expect(result).toMatchObject({ verdict: 'broken', evidence: expect.stringMatching(evidence) })
  })
})

it('a server that keeps all of them is not', { timeout: 90_000 }, async () => {
  const results = await say('start-honest', ...liars.map(([id]) => id))
  expect(results.map(({ verdict, evidence }) => `${verdict}: ${evidence}`)).toEqual(
    liars.map(() => expect.stringMatching(/^kept/)),
  )
})
