import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { documentedBy, namedIn } from '@levels/3-jwt-notifications/test/support/index.ts'
import { expect, onTestFinished, test } from 'vitest'
import { startStack } from './support/stack.ts'

test('the README names every route that comes on top of level 3', async () => {
  const stack = await startStack({ settings: { metricsToken: 'any' } })
  onTestFinished(() => stack.close())
  const root = path.join(import.meta.dirname, '..', '..')
  const [three, four] = await Promise.all(
    ['level-3-jwt-notifications', 'level-4-push-scaling'].map(async (level) =>
      namedIn(await readFile(path.join(root, level, 'README.md'), 'utf8')),
    ),
  )
  const { routes, events } = await documentedBy(stack.url)
  const inDevelopment = four?.routes.filter((route) => route.includes('/api/dev/')) ?? []
  expect([...(three?.routes ?? []), ...(four?.routes ?? [])].sort()).toEqual(
    [...new Set([...routes, ...inDevelopment])].sort(),
  )
  expect(three?.events).toEqual(events)
})
