import { startEmbeddedMongo } from '@levels/embedded-mongo'

// A database in a process of its own, so that it outlives the server that a test kills: mongo-process.ts <directory>
const mongo = await startEmbeddedMongo({ dir: process.argv[2] })
console.log(mongo.uri)
