import { defineConfig } from 'vitest/config'

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
