import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process for certain: pids are used again, a pid with its start time is not. */
export interface ProcessIdentity {
  pid: number
  /** Opaque; equal for the same process only. */
  started: string
}

/** The process that has this pid now; null = there is none (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | null {
  const started = process.platform === 'linux' ? startedLinux(pid) : startedByPs(pid)
  return started === null ? null : { pid, started }
}

/** The same process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const found = identify(identity.pid)
  return found !== null && found.started === identity.started
}

/** Ends it now; nothing happens when it is gone or its pid belongs to another process. Returns whether it was there. */
export function killIfAlive(identity: ProcessIdentity): boolean {
  if (!isAlive(identity)) return false
  process.kill(identity.pid, 'SIGKILL')
  return true
}

/** Its nearest ancestor with such a command line (arguments separated by spaces); null = none, or not known here. Linux only. */
export function ancestorThat(pid: number, has: (command: string) => boolean): ProcessIdentity | null {
  try {
    for (let at = parentOf(pid); at > 1; at = parentOf(at)) {
      const command = readFileSync(`/proc/${at}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      if (has(command)) return identify(at)
    }
  } catch {
    // Gone, or there is no /proc.
  }
  return null
}

const parentOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** It was stopped (SIGSTOP) and has not been continued; false also where it is gone, or frozen in another way (a paused container). */
export function isStopped(pid: number, platform: NodeJS.Platform = process.platform): boolean {
  try {
    if (platform === 'linux') return /\) T/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .startsWith('T')
  } catch {
    return false
  }
}

function startedLinux(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything; state is the first field after it, start time (ticks since boot) the 20th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
  } catch {
    return null // no such process
  }
}

function startedByPs(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    const [state = '', ...started] = line.split(/\s+/)
    return line === '' || state.startsWith('Z') ? null : started.join(' ')
  } catch {
    return null // ps exits 1 when there is no such process
  }
}
