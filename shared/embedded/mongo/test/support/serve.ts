import { startEmbeddedMongo } from '../../src/index.ts'

// An embedded MongoDB in a process of its own: `serve.ts <directory>` prints its URI.
const mongo = await startEmbeddedMongo({
  dir: process.argv[2],
  onFatal(error) {
    console.log(`fatal: ${error.message}`)
    // What was not logged must not be answered later either: linger, so that a late answer would be seen.
    setTimeout(() => process.exit(3), 300)
  },
})
console.log(mongo.uri)
