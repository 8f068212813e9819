import { execFileSync } from 'node:child_process'

/** The memory that a process holds at the moment (resident set size), in bytes. */
export function rssOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1_024
}
