import { type PushService, startPushService } from '@levels/shared/testing/push-service.ts'
import { afterAll } from 'vitest'
import { type Stack, type StackOptions, startStack } from './stack.ts'

/** A push service, and a server that trusts it, for all tests of a file, after which both end. */
export async function startPushStack(
  options: StackOptions = {},
): Promise<{ service: PushService; stack: Stack }> {
  const service = await startPushService()
  const settings = { pushCaFile: service.caFile, ...options.settings }
  const stack = await startStack({ ...options, settings })
  afterAll(async () => {
    await stack.close()
    await service.close()
  })
  return { service, stack }
}
