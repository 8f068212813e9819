import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The files that take longest. They come first, and the shorter of them last: what is begun last would keep one worker
 * busy while the other has ended. One that mostly waits comes beside one that mostly works. Each has a process of its own:
 * gates say how much runs at once, which Vitest asks once a process, and some change what their process starts.
 */
const LONGEST = [
  'promises/levels',
  'shared/exercises/gate-pages',
  'level-4-push-scaling/test/page/lesson',
  'shared/exercises/gate-4',
  'shared/exercises/gate-3',
  'level-4-push-scaling/test/page/push',
  'promises/liars',
  'shared/copy/card-outside',
  'promises/chaos',
  'level-4-push-scaling/test/page/practice-phone',
  'shared/dev/edit',
  'shared/exercises/gate-1',
  'shared/exercises/gate-2',
]
/** And this one, which counts what its process holds. */
const APART = [...LONGEST, 'level-1-websocket/test/cycles'].map((name) => `${name}.test.ts`)

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = LONGEST.findIndex((name) => moduleId.endsWith(`${name}.test.ts`))
      return index === -1 ? LONGEST.length : index
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

/** For the pages that tests build. */
const pages = mkdtempSync(path.join(tmpdir(), 'pages-'))
process.once('exit', () => rmSync(pages, { recursive: true, force: true }))

export default defineConfig({
  test: {
    provide: { pages },
    projects: [
      { extends: true, test: { name: 'apart', include: APART } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['shared/**/*.test.ts', 'promises/**/*.test.ts', 'level-*/test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...APART],
          // One after the other in the same processes, which load packages once: 80 s of processor time less.
          isolate: false,
          // They mostly wait. So there is one more at a time, when the long ones are done.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    // Real sockets, processes and browsers: generous limits, so that a slow machine is not a failing one.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    chaiConfig: { truncateThreshold: 0 }, // what differs, in full, in CI's report as well
    // Few files at a time: each may start servers, a database and a browser, and often waits for them.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Within a file, too: each exercise that is tried starts programs of its own.
    maxConcurrency: 2,
    // .ci/run counts from the second one.
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: '.data/test-results.json' }]]
      : ['default'],
  },
})
