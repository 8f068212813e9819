import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * The files that take longest come first: what is begun last would keep one worker busy while the other has ended. One that
 * mostly waits comes beside one that mostly works.
 */
const LONGEST = [
  'promises/levels',
  'level-4-push-scaling/test/page/lesson',
  'level-4-push-scaling/test/page/push',
  'shared/exercises/gate-4',
  'shared/dev/edit',
  'promises/liars',
  'shared/exercises/gate-3',
  'level-4-push-scaling/test/page/practice-phone',
  'shared/copy/card-outside',
  'shared/exercises/gate-pages',
  'promises/chaos',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = LONGEST.findIndex((name) => moduleId.endsWith(`${name}.test.ts`))
      return index === -1 ? LONGEST.length : index
    }
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    include: ['shared/**/*.test.ts', 'promises/**/*.test.ts', 'level-*/test/**/*.test.ts'],
    // Real sockets, processes and browsers: generous limits, so that a slow machine is not a failing one.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    chaiConfig: { truncateThreshold: 0 }, // what differs, in full, in CI's report as well
    // Few files at a time: each may start servers, a database and a browser, and mostly waits for them.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Within a file, too: each exercise that is tried starts programs of its own.
    maxConcurrency: 2,
    // CI shares its machine with others: what fails there runs once more, and the report names it. Here nothing does.
    retry: process.env.CI ? 1 : 0,
    // .ci/run counts from the second one.
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: '.data/test-results.json' }]]
      : ['default'],
  },
})
