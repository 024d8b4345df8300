import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { packageRoot } from '../../src/root.ts'
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
export function pattern(expected: readonly string[]): RegExp {
  const lines = expected.map((line) => {
    if (line.trim() === '…') return '(?:.*\\n)*?'
    const text = escaped(line.trimEnd())
      .replaceAll('…', '.*')
      .replace(/127\\\.0\\\.0\\\.1:\d+/g, '127\\.0\\.0\\.1:\\d+')
      .replace(/ {2,}/g, ' +')
    return `${text} *\\n`
  })
  return new RegExp(`^${lines.join('')}$`)
}

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
        env: { ...cleanEnvironment(), PATH: `${bin}${delimiter}${process.env.PATH}`, ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
      const [exitCode] = (await once(child, 'close')) as [number | null]
      return { output: output === '' || output.endsWith('\n') ? output : `${output}\n`, exitCode }
    },
  }
}

export const pageText = (name: string): string =>
  readFileSync(join(packageRoot, 'docs', 'walkthroughs', `${name}.md`), 'utf8')
