import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { verbose } from '../../base/verbose.ts'
import { shownLine } from '../text/shown-line.ts'
import { findRun } from './read-result.ts'
import { newestRun } from './runs-in.ts'

/** Opens the report of a run, the newest where none is named, and prints its path. Throws `usage` where there is none. */
export async function openReport(run: string | undefined, { results }: { results: string }): Promise<void> {
  const page = resolve(await pageOf(run, results))
  process.stdout.write(shownLine(page))
  const program = browser(process.platform, process.env)
  if (program === null) {
    process.stderr.write('kbench: there is no display to open a browser on; open the path above elsewhere\n')
    return
  }
  try {
    // The path is one argument of a program: no shell reads it.
    await execa(program, [page], { stdio: 'ignore', timeout: 10_000 })
  } catch (error) {
    verbose(() => messageOf(error))
    process.stderr.write(`kbench: ${program} opened no browser; open the path above yourself\n`)
  }
}

/** What opens a page; null = nothing can show one. xdg-open without a display would start a browser of texts in this terminal, if any. */
export function browser(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string | null {
  if (platform === 'darwin') return 'open'
  return env.DISPLAY || env.WAYLAND_DISPLAY || env.BROWSER ? 'xdg-open' : null
}

async function pageOf(run: string | undefined, results: string): Promise<string> {
  if (run?.endsWith('.html') && existsSync(run)) return run
  const named = run ?? newestRun(results)
  if (named === null) {
    throw new KbenchError('usage', `there is no run in ${results}`, {
      hint: 'kbench run quickstart makes one; --results names another folder',
    })
  }
  const inResults = run === undefined || existsSync(run) ? named : join(results, run)
  const { directory } = await findRun(existsSync(inResults) ? inResults : named)
  const page = join(directory, 'report.html')
  if (existsSync(page)) return page
  throw new KbenchError('usage', `${directory} has no report.html`, { hint: `kbench report ${directory} renders it` })
}
