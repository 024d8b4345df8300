import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { packageRoot } from '../../src/base/root.ts'
import { cleanEnvironment } from '../cli/_kbench.ts'

/** A command of a page and what it prints; `…` in it stands for anything, on a line of its own for any lines. */
export interface Step {
  command: string
  expected: string[]
  /** In the page. */
  line: number
}

/** The steps of the blocks marked `console`: a command begins with "$ ", goes on after a backslash, and is followed by its output. */
export function stepsOf(page: string): Step[] {
  const steps: Step[] = []
  let inside = false
  for (const [index, line] of page.split('\n').entries()) {
    if (line.startsWith('```')) {
      inside = line === '```console'
      continue
    }
    if (!inside) continue
    const last = steps.at(-1)
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), expected: [], line: index + 1 })
    else if (last?.expected.length === 0 && last.command.endsWith('\\')) last.command += `\n${line}`
    else last?.expected.push(line)
  }
  return steps
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Ports of this machine move: any will do where the page names one. */
const lineOf = (expected: string): RegExp => {
  const text = escaped(expected.trimEnd())
    .replace(/127\\\.0\\\.0\\\.1:\d+/g, '127\\.0\\.0\\.1:\\d+')
    .replaceAll('…', '.*')
    .replace(/ {2,}/g, ' +')
  return new RegExp(`^${text} *$`)
}

/**
 * The first line that a page expects and the output has not; null = it is all there. Line by line, for one expression over all of them
 * would try every way to divide each line before it says no.
 */
export function missingIn(output: string, expected: readonly string[]): string | null {
  const lines = output.replace(/\n$/, '').split('\n')
  if (output === '') lines.pop()
  /** How many lines of the output may have been used up. */
  let used = new Set([0])
  for (const wanted of expected) {
    const next = new Set<number>()
    if (wanted.trim() === '…') for (let i = Math.min(...used); i <= lines.length; i++) next.add(i)
    else for (const i of used) if (i < lines.length && lineOf(wanted).test(lines[i]!)) next.add(i + 1)
    if (next.size === 0) return wanted
    used = next
  }
  return used.has(lines.length) ? null : 'the end'
}

/** The longest step is a measurement of two clients. */
const longestMs = 300_000

/** A shell for the steps of a page: what one step exports, the next has. */
export function createShell(folder: string, env: Record<string, string>) {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(
    join(bin, 'kbench'),
    `#!/bin/sh\nexec '${process.execPath}' '${join(packageRoot, 'bin', 'kbench.js')}' "$@"\n`,
  )
  chmodSync(join(bin, 'kbench'), 0o755)
  const state = join(folder, 'environment')
  writeFileSync(state, '')
  return {
    /** Both outputs in order, as a terminal shows them, without the lines of progress of kbench. */
    async run(command: string): Promise<{ output: string; exitCode: number | null }> {
      const script = `. '${state}'\ncd '${folder}'\n{ ${command}\n} 2>&1\nstatus=$?\nexport -p > '${state}'\nexit $status\n`
      const child = spawn('bash', ['-c', script], {
        detached: true,
        env: { ...cleanEnvironment(), PATH: `${bin}${delimiter}${process.env.PATH}`, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
      // Its whole group: a loop of the page that waits for a line which never comes, and what it started.
      const end = setTimeout(() => {
        output += `(ended by the test: not done after ${longestMs / 1000} s)\n`
        try {
          process.kill(-child.pid!, 'SIGKILL')
        } catch {} // it is a process of another group that keeps the pipe open
        child.stdout.destroy()
      }, longestMs)
      const [exitCode] = (await once(child, 'close')) as [number | null]
      clearTimeout(end)
      return { output: output === '' || output.endsWith('\n') ? output : `${output}\n`, exitCode }
    },
  }
}

export const pageText = (name: string): string =>
  readFileSync(join(packageRoot, 'docs', 'walkthroughs', `${name}.md`), 'utf8')
