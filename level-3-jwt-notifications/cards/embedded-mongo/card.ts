import type { Card } from '@levels/shared/cards.ts'

export default {
  name: 'embedded-mongo',
  level: 3,
  gives:
    'A MongoDB for tests and development that starts in milliseconds inside your own process: unmodified mongoose, nothing to install, what it does not cover refused loudly.',
  promises: [],
  noPromise:
    'it is no realtime server. `npm run prove 3` runs on it, and its tests hold its answers against those of MongoDB.',
  entries: ['shared/embedded/mongo/src/index.ts'],
  packages: { runtime: ['bson'], types: ['@types/node'] },
  whenNot: [
    'Production: it refuses to start there.',
    'Transactions, change streams, $lookup or text search: use a real MongoDB, as one process or in a container.',
    'Millions of documents: all of them are in memory.',
  ],
  wiring: `const mongo = await startEmbeddedMongo() // in memory; { dir } keeps the data
await mongoose.connect(mongo.uri)
// … your tests, or your server
await mongoose.disconnect()
await mongo.close()`,
} satisfies Card
