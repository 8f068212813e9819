import { connect } from 'node:net'
import mongoose from 'mongoose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmbeddedMongo, startEmbeddedMongo } from '../src/index.ts'

const { MongoClient } = mongoose.mongo

let mongo: EmbeddedMongo
beforeAll(async () => {
  mongo = await startEmbeddedMongo()
})
afterAll(() => mongo.close())

/** A client for the server's URI with some of it changed. */
function client(change: (uri: URL) => void) {
  const uri = new URL(mongo.uri)
  change(uri)
  return new MongoClient(uri.href, { serverSelectionTimeoutMS: 2000 })
}

async function codeOf(action: Promise<unknown>) {
  const error = await action.then(
    () => expect.fail('was not refused'),
    (reason) => reason,
  )
  return { code: error.code, codeName: error.codeName }
}

test('whoever has the URI is let in, with the mechanism named or negotiated', async () => {
  for (const mechanism of ['SCRAM-SHA-256', undefined]) {
    const known = client((uri) => {
      if (!mechanism) uri.searchParams.delete('authMechanism')
    })
    await known.db('d').collection('c').insertOne({})
    await known.close()
  }
})

test('another password, user or database is 18 AuthenticationFailed', async () => {
  const wrong: ((uri: URL) => void)[] = [
    (uri) => {
      uri.password = 'guessed'
    },
    (uri) => {
      uri.username = 'admin'
    },
    (uri) => uri.searchParams.set('authSource', 'd'),
  ]
  for (const change of wrong) {
    const stranger = client(change)
    expect(await codeOf(stranger.connect())).toEqual({ code: 18, codeName: 'AuthenticationFailed' })
    await stranger.close()
  }
})

test('without a login there is a greeting and nothing more: 13 Unauthorized', async () => {
  const stranger = client((uri) => {
    uri.username = uri.password = ''
    uri.search = '?retryWrites=false'
  })
  const db = stranger.db('d')
  expect(await db.command({ ping: 1 })).toMatchObject({ ok: 1 })
  const unauthorized = { code: 13, codeName: 'Unauthorized' }
  expect(await codeOf(db.collection('c').findOne())).toEqual(unauthorized)
  expect(await codeOf(db.collection('c').insertOne({}))).toEqual(unauthorized)
  expect(await codeOf(db.collection('c').countDocuments())).toEqual(unauthorized)
  expect(await codeOf(db.dropDatabase())).toEqual(unauthorized)
  expect(await codeOf(db.listCollections().toArray())).toEqual(unauthorized)
  await stranger.close()
})

test('a stranger may not send more than a greeting needs', async () => {
  const socket = connect(mongo.address.port, '127.0.0.1').on('error', () => socket.destroy())
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const announced = Buffer.alloc(16)
  announced.writeInt32LE(20_000)
  socket.write(announced)
  await closed
})

test('each start has a password of its own, unless it is to come back under the same URI', async () => {
  const first = await startEmbeddedMongo()
  await first.close()
  const second = await startEmbeddedMongo(first.address)
  await second.close()
  expect(second.uri).toBe(first.uri)
  expect(first.address.password).not.toBe(mongo.address.password)
  expect(first.notice).not.toContain(first.address.password)
})
