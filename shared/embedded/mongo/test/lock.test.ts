import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startCommand, startProgram } from '@levels/shared/testing/process.ts'
import { expect, test } from 'vitest'
import { startEmbeddedMongo } from '../src/index.ts'
import { connect, serve, URI, useFolder } from './support/folder.ts'

const folder = useFolder()

test('a second process on the same directory gets a clear error, and the first goes on', async () => {
  const program = startProgram([serve, folder.path])
  const client = await connect(program)
  await expect(startEmbeddedMongo({ dir: folder.path })).rejects.toThrow(
    `${folder.path} is in use by another embedded MongoDB (process ${program.pid})`,
  )
  await client.db('d').collection('c').insertOne({})
  expect(await client.db('d').collection('c').countDocuments()).toBe(1)
  await client.close()
  await program.stop()
})

test('so does a second server in the same process, until the first is closed', async () => {
  const first = await startEmbeddedMongo({ dir: folder.path })
  await expect(startEmbeddedMongo({ dir: folder.path })).rejects.toThrow('in use')
  await first.close()
  await (await startEmbeddedMongo({ dir: folder.path })).close()
})

test('a directory that cannot be used is named in the error, and so is the setting that chooses another', async () => {
  const file = join(folder.path, 'file')
  writeFileSync(file, '')
  const impossible = [
    file,
    join(file, 'below'),
    ...(process.platform === 'linux' ? ['/proc/none/below'] : []),
  ]
  for (const dir of impossible) {
    const refusal = startEmbeddedMongo({ dir })
    await expect(refusal).rejects.toThrow(`The data directory ${dir} cannot be used: `)
    await expect(refusal).rejects.toThrow('Set DATA_DIR')
  }
})

test.runIf(process.platform === 'linux')(
  'a lock whose process id is in use again is taken over',
  async () => {
    writeFileSync(join(folder.path, 'mongo.lock'), `${process.pid} 1`)
    expect(await folder.reopen((db) => db.collection('c').countDocuments())).toBe(0)
  },
)

test.runIf(process.platform === 'linux')(
  'a lock of a process that has ended, unnoticed by its parent, is taken over',
  async () => {
    // A shell that becomes a program which never asks after its children.
    const program = startCommand('sh', [
      '-c',
      'node --import tsx "$0" "$1" & exec sleep 60',
      serve,
      folder.path,
    ])
    await program.printed(URI)
    const [id = ''] = readFileSync(join(folder.path, 'mongo.lock'), 'utf8').split(' ')
    process.kill(Number(id), 'SIGKILL')
    await expect.poll(() => readFileSync(`/proc/${id}/stat`, 'utf8')).toContain(') Z ')
    expect(await folder.reopen((db) => db.collection('c').countDocuments())).toBe(0)
    await program.stop()
  },
)
