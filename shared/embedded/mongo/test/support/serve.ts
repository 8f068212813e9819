import { startEmbeddedMongo } from '../../src/index.ts'

// An embedded MongoDB in a process of its own: `serve.ts <directory> [<bytes>]` prints its URI, and compacts its log as
// soon as that is longer than so many bytes.
const [dir, bytes] = process.argv.slice(2)
try {
  const compactAboveBytes = bytes === undefined ? undefined : Number(bytes)
  const mongo = await startEmbeddedMongo({ dir, compactAboveBytes, warn: console.log })
  console.log(mongo.uri)
} catch (error) {
  console.log(error instanceof Error ? error.message : error)
  process.exit(1)
}
