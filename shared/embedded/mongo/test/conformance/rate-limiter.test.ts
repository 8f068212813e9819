import { RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible'
import { expect, test } from 'vitest'
import { useMongo } from './mongo-under-test.ts'

const mongo = useMongo()

const limiter = (keyPrefix: string, points: number, duration: number) =>
  new RateLimiterMongo({ storeClient: mongo.client, dbName: mongo.name, keyPrefix, points, duration })

test('RateLimiterMongo counts, refuses, and counts no point twice when many ask at once', async () => {
  const limit = limiter('parallel', 5, 60)
  const results = await Promise.allSettled(Array.from({ length: 12 }, () => limit.consume('ip')))
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
  const refused = results.find((result) => result.status === 'rejected')
  expect(refused?.reason).toBeInstanceOf(RateLimiterRes)
  expect((await limit.get('ip'))?.consumedPoints).toBe(12)
  await limit.delete('ip')
  expect(await limit.get('ip')).toBeNull()
})

test('RateLimiterMongo starts anew when the time is over, and blocks when told to', async () => {
  const limit = limiter('window', 1, 1)
  await limit.consume('ip')
  await expect(limit.consume('ip')).rejects.toBeInstanceOf(RateLimiterRes)
  await expect
    .poll(
      () =>
        limit.consume('ip').then(
          ({ consumedPoints }) => consumedPoints,
          () => 0,
        ),
      { timeout: 10_000, interval: 200 },
    )
    .toBe(1)
  await limit.block('other', 60)
  await expect(limit.consume('other')).rejects.toBeInstanceOf(RateLimiterRes)
  await limit.penalty('third', 3)
  expect((await limit.reward('third', 1)).consumedPoints).toBe(2)
})
