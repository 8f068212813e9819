import { spawn } from 'node:child_process'
import { groupCpu } from '@levels/shared/testing/process-group.ts'
import { expect, it, onTestFinished } from 'vitest'
import { watchOthers } from './stall.ts'

it.runIf(process.platform === 'linux')(
  'what a busy program takes is told, unless it is the server under test',
  async () => {
    const busy = spawn(process.execPath, ['-e', 'for (;;);'], { detached: true, stdio: 'ignore' })
    onTestFinished(() => void busy.kill('SIGKILL'))
    const cpu = () => groupCpu(busy.pid ?? 0) ?? 0
    await expect.poll(cpu).toBeGreaterThan(0)
    const [before, began] = [cpu(), performance.now()]
    const [others, withoutIt] = [watchOthers([]), watchOthers([{ cpu }])]
    await expect.poll(cpu).toBeGreaterThan(before + 400)
    const took = (cpu() - before) / (performance.now() - began)
    const told = others() ?? 0
    expect(told).toBeGreaterThan(0.8 * took)
    expect(Math.abs(told - took - (withoutIt() ?? 0))).toBeLessThan(0.2)
  },
)

it('nothing is told where the processor time of a server is not known', () => {
  expect(watchOthers([{ cpu: () => undefined }])()).toBeUndefined()
})
