import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Program, root, startProgram } from '../testing/process.ts'

const good = (version: string) => `
process.on('SIGTERM', () => { console.log('${version} was told to stop'); process.exit(0) })
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
console.log('${version} runs')
`

/** A program in a folder of its own, watched; `write` saves a new version of it. */
function watched(source: string): Program & { write(source: string): void; folder: string } {
  const compiled = path.join(root, '.data', 'compiled')
  mkdirSync(compiled, { recursive: true })
  const folder = mkdtempSync(path.join(root, '.data', 'watched-'))
  const script = path.join(folder, 'src', 'program.ts')
  const runner = path.join(folder, 'run.ts')
  const write = (text: string) => writeFileSync(script, text)
  mkdirSync(path.join(folder, 'src', 'deep'), { recursive: true })
  write(source)
  const watch = path.join(root, 'shared', 'dev', 'watch.js')
  writeFileSync(
    runner,
    `import { watchProgram } from ${JSON.stringify(watch)}
     watchProgram(${JSON.stringify(script)}, { folders: [${JSON.stringify(folder)}] })`,
  )
  const program = startProgram([runner])
  onTestFinished(async () => {
    await program.stop()
    rmSync(folder, { recursive: true })
    for (const name of readdirSync(compiled))
      if (name.includes(path.basename(folder))) rmSync(path.join(compiled, name), { recursive: true })
  })
  return { ...program, write, folder }
}

describe('a program that is watched', () => {
  it('starts anew, once, for many changes in a row, after it was told to stop', async () => {
    const program = watched(good('one'))
    await program.printed(/one runs/)
    for (let change = 0; change < 20; change++)
      appendFileSync(path.join(program.folder, 'src', 'x.ts'), '//\n')
    program.write(good('two'))
    await program.printed(/two runs/)
    expect(program.stdout()).toBe('one runs\none was told to stop\ntwo runs\n')
    program.kill('SIGTERM')
    expect(await program.exit).toEqual({ code: 0, signal: null })
    expect(program.stdout()).toContain('two was told to stop')
  })

  it('starts anew for a file deep below, and not for one that is no TypeScript', async () => {
    const program = watched(good('one'))
    await program.printed(/one runs/)
    writeFileSync(path.join(program.folder, 'src', 'notes.txt'), 'text')
    await sleep(150) // longer than a burst: nothing may happen
    expect(program.stdout()).toBe('one runs\n')
    writeFileSync(path.join(program.folder, 'src', 'deep', 'file.ts'), 'export {}')
    await program.printed(/one runs\n(?:.*\n)*one runs/)
    expect(program.stdout().match(/told to stop/g)).toHaveLength(1)
  })

  it.each([
    ['an editor that puts a new file in its place', (file: string) => renameSync(`${file}.new`, file)],
    [
      'git, which removes the old one first',
      (file: string) => {
        rmSync(file)
        renameSync(`${file}.new`, file)
      },
    ],
    [
      'an editor that keeps the old one for a while',
      (file: string) => {
        renameSync(file, `${file}~`)
        renameSync(`${file}.new`, file)
        rmSync(`${file}~`)
      },
    ],
  ])('starts anew each time a file is saved by %s', async (_who, replace) => {
    const program = watched(good('version 0'))
    await program.printed(/version 0 runs/)
    for (const version of [1, 2, 3]) {
      const script = path.join(program.folder, 'src', 'program.ts')
      writeFileSync(`${script}.new`, good(`version ${version}`))
      replace(script)
      await program.printed(new RegExp(`version ${version} runs`))
    }
  })

  it('is told, and lives on, when it starts anew by itself what has to', async () => {
    const program = watched(`
      process.on('message', ({ restart }) => console.log('told', typeof restart))
      process.send?.({ restarts: true })
      console.log('runs')
    `)
    await program.printed(/runs/)
    writeFileSync(path.join(program.folder, 'src', 'file.ts'), 'export {}')
    await program.printed(/told/)
    expect(program.stdout()).toBe('runs\ntold string\n')
  })

  it('ends with its exit code when it refuses to start', async () => {
    const program = watched("console.error('No.'); process.exit(3)")
    expect(await program.exit).toEqual({ code: 3, signal: null })
    expect(program.stderr()).toBe('No.\n')
  })

  it('waits for a change when a later version refuses to start, and can be stopped meanwhile', async () => {
    const program = watched(good('one'))
    await program.printed(/one runs/)
    program.write("console.log('broken'); process.exit(3)")
    await program.printed(/broken/)
    await expect
      .poll(program.stderr)
      .toBe('Stopped by itself (exit code 3). Save a file to start it again.\n')
    program.write(good('two'))
    await program.printed(/two runs/)
    program.write("console.log('broken again'); process.exit(3)")
    await program.printed(/broken again/)
    await expect.poll(program.stderr).toMatch(/(Stopped by itself.*\n){2}/)
    program.kill('SIGINT')
    expect(await program.exit).toEqual({ code: 0, signal: null })
  })

  it('passes its own exit code on when it is told to stop', async () => {
    const program = watched(
      "process.on('SIGTERM', () => process.exit(7)); process.send?.({}); setInterval(() => {}, 1000); console.log('runs')",
    )
    await program.printed(/runs/)
    program.kill('SIGTERM')
    expect(await program.exit).toEqual({ code: 7, signal: null })
  })

  it('stops in order while it is still loading', async () => {
    const program = watched("console.log('loading'); setInterval(() => {}, 1000)")
    await program.printed(/loading/)
    program.kill('SIGTERM')
    expect(await program.exit).toEqual({ code: 0, signal: null })
  })

  it('is killed by a second Ctrl-C, from someone who will not wait', async () => {
    const program = watched(
      "process.on('SIGINT', () => console.log('no')); process.send?.({}); setInterval(() => {}, 1000); console.log('runs')",
    )
    await program.printed(/runs/)
    program.kill('SIGINT')
    await program.printed(/no/)
    const impatience = setInterval(() => program.kill('SIGINT'), 100)
    onTestFinished(() => clearInterval(impatience))
    expect((await program.exit).code).toBe(1)
    expect(program.stdout()).toBe('runs\nno\n')
  })
})
