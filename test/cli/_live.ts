import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageRoot } from '../../src/base/root.ts'
import type { RunResult } from '../../src/contracts/result.ts'
import { cleanEnvironment } from './_kbench.ts'

export interface LiveRun {
  child: ChildProcess
  stderr: () => string
  stdout: () => string
  /** Resolves when its progress says this; rejects when it ends before. */
  says(text: string): Promise<void>
  ended: Promise<{ exitCode: number | null; afterMs: number }>
  /** Sends SIGINT; what `ended` counts from. */
  interrupt(): void
}

/** `kbench run`, or another command, as a child of its own, to be watched, interrupted and killed. */
export function startRun(args: readonly string[], env: Record<string, string> = {}, command = 'run'): LiveRun {
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'kbench.js'), command, ...args], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let sinceMs = performance.now()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    afterMs: performance.now() - sinceMs,
  }))
  return {
    child,
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    async says(text) {
      while (!stderr.includes(text)) {
        if (child.exitCode !== null)
          throw new Error(`ended with ${child.exitCode} before it said "${text}":\n${stderr}`)
        await sleep(20)
      }
    },
    interrupt() {
      sinceMs = performance.now()
      child.kill('SIGINT')
    },
  }
}

/** The only run in a results folder. */
export function onlyResult(results: string): { result: RunResult; directory: string } {
  const [runId, ...others] = readdirSync(results)
  if (!runId || others.length > 0) throw new Error(`expected one run in ${results}`)
  const directory = join(results, runId)
  return { result: JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')), directory }
}

/** Children of a process, and theirs. */
export function descendants(pid: number): number[] {
  const children = readdirSync('/proc')
    .map(Number)
    .filter((candidate) => Number.isInteger(candidate) && parentOf(candidate) === pid)
  return children.flatMap((child) => [child, ...descendants(child)])
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null
  }
}

/** scheduled = acked + failed + unknown + unsent, in every variant. */
export function isClosed(result: Pick<RunResult, 'variants'>): boolean {
  return result.variants.every(
    ({ ledger }) => ledger.scheduled === ledger.acked + ledger.failed + ledger.unknown + ledger.unsent,
  )
}
