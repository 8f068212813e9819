import { createServer } from 'node:http'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import mongoose from 'mongoose'

// A server that counts visits, in the MongoDB that MONGODB_URI names, or else in one of its own.
const embedded = process.env.MONGODB_URI ? undefined : await startEmbeddedMongo()
await mongoose.connect(process.env.MONGODB_URI ?? embedded?.uri ?? '')

const Visit = mongoose.model(
  'Visit',
  new mongoose.Schema<{ path: string; count: number }>({
    path: { type: String, unique: true },
    count: Number,
  }),
)
await Visit.init()

const server = createServer(async (request, response) => {
  try {
    const visit = await Visit.findOneAndUpdate(
      { path: request.url ?? '/' },
      { $inc: { count: 1 } },
      { upsert: true, returnDocument: 'after' },
    )
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ visits: visit.count }))
  } catch (error) {
    console.error(error)
    response.writeHead(500).end()
  }
})
server.listen(Number(process.env.PORT ?? 3030), '127.0.0.1')

process.once('SIGTERM', async () => {
  server.close()
  server.closeAllConnections()
  await mongoose.disconnect()
  await embedded?.close()
})
