import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'

export interface Ended {
  stdout: string
  stderr: string
  exitCode: number
}

export interface CallOptions {
  cwd?: string
  env?: Record<string, string>
}

/** This process's variables without its own KBENCH_* and colour variables: they would change what a run is, and how it looks. */
export const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(KBENCH_|NO_COLOR|FORCE_COLOR|NODE_)/.test(name)),
  )

/** Runs bin/kbench.js as a user would. */
export function kbench(args: readonly string[], { cwd = packageRoot, env = {} }: CallOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(packageRoot, 'bin', 'kbench.js'), ...args],
      { cwd, env: { ...cleanEnvironment(), ...env }, maxBuffer: 1 << 24 },
      (error, stdout, stderr) => {
        // A number is an exit code; anything else (ENOENT, a signal) is a failure of the test itself.
        if (error && typeof error.code !== 'number') reject(error)
        else resolve({ stdout, stderr, exitCode: error ? Number(error.code) : 0 })
      },
    )
  })
}

/** A folder of its own, gone after the test. */
export async function scratch(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kbench-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}
