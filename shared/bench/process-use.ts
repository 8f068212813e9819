import { readFileSync } from 'node:fs'

/** The memory that a process holds (Linux: /proc), in bytes. */
export function residentBytes(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1_024
}

/** The kernel counts in hundredths of a second, whatever the machine (proc(5), USER_HZ). */
const TICKS_PER_SECOND = 100

/** The processor time that a process has used so far (Linux: /proc), in seconds. */
export function processorSeconds(pid: number): number {
  // The name, in brackets, may hold anything. After it: state, and eleven fields on, the time as a user and in the kernel.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
