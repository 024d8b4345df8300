import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { packageRoot } from '../../src/base/root.ts'
import { cleanEnvironment, kbench, scratch } from './_kbench.ts'

async function completed(words: string[], cwd: string): Promise<string[]> {
  const { stdout, stderr, exitCode } = await kbench(['complete', '--', ...words], { cwd })
  assert.deepEqual([exitCode, stderr], [0, ''])
  return stdout
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith(':'))
    .map((line) => line.split('\t')[0]!)
}

/** A folder with a profile, two runs, and names that a shell would run if it expanded them. */
async function folder(t: TestContext): Promise<string> {
  const cwd = await scratch(t)
  await writeFile(join(cwd, 'mine.yaml'), 'name: mine\n')
  await writeFile(join(cwd, '$(touch planted).yaml'), '')
  for (const run of ['20261121-1-a', '20261122-1-b', '20261123-`touch planted`']) {
    await mkdir(join(cwd, 'results', run), { recursive: true })
    await writeFile(join(cwd, 'results', run, 'journal.ndjson'), '')
  }
  return cwd
}

describe('what the last word may be', () => {
  const table: readonly [words: string[], expected: (found: string[]) => boolean, what: string][] = [
    [['ru'], (found) => found.join() === 'run', 'a command'],
    [['topics', 'cr'], (found) => found.join() === 'create', 'a command below a command'],
    [['run', 'quick'], (found) => found.join() === 'quickstart', 'a profile that comes with kbench'],
    [['run', 'min'], (found) => found.join() === 'mine.yaml', 'a profile here'],
    [['run', '--dur'], (found) => found.join() === '--duration', 'an option'],
    [['run', '--clients', 'kafkajs,node'], (found) => found.join() === 'kafkajs,node-rdkafka', 'the second of a list'],
    [['run', '--resume', ''], (found) => found.join() === '20261122-1-b,20261121-1-a', 'runs, the newest first'],
    [['report', '2026'], (found) => found.length === 2, 'runs'],
    [['cluster', 'stop', 'x', '1', '--signal', 'SIGT'], (found) => found.join() === 'SIGTERM', 'a fixed word'],
    [['compare', 'a', '--format', 'c'], (found) => found.join() === 'csv', 'a format'],
    [['report', 'a', '--format', 'ju'], (found) => found.join() === 'junit', 'a report'],
    [['cluster', 'up', 'kraft-3-t'], (found) => found.join() === 'kraft-3-tls', 'a layout'],
    [['topics', 'list', '--command'], (found) => found.join() === '', 'no earlier name of an option'],
    [[''], (found) => found.includes('run') && !found.includes('complete'), 'every command but the one behind this'],
    [['run', ''], (found) => !found.some((name) => /[$`(]/.test(name)), 'nothing that a shell would expand'],
  ]
  for (const [words, expected, what] of table) {
    test(`${words.join(' ')}: ${what}`, async (t) => {
      const found = await completed(words, await folder(t))
      assert.ok(expected(found), found.join(' '))
    })
  }
})

const bashCompletion = '/usr/share/bash-completion/bash_completion'
const bash = (first: string) => `${first}
source <(kbench completion bash)
COMP_WORDS=(kbench run quick); COMP_CWORD=2; COMP_LINE="\${COMP_WORDS[*]}"; COMP_POINT=\${#COMP_LINE}
__kbench_complete 2> /dev/null
echo "\${COMPREPLY[@]}"`

const shells: readonly [shell: string, what: string, args: string[]][] = [
  ['bash', 'bash alone', ['--norc', '-c', bash('')]],
  [
    'bash',
    'bash with bash-completion',
    ['--norc', '-c', bash(`[ ! -e ${bashCompletion} ] || source ${bashCompletion}`)],
  ],
  ['fish', 'fish', ['--no-config', '-c', 'kbench completion fish | source; complete --do-complete "kbench run quick"']],
]

for (const [shell, what, args] of shells) {
  const isHere = spawnSync(shell, ['--version']).status === 0
  test(`${what} completes a profile by the script`, { skip: isHere ? false : `${shell} is not here` }, async (t) => {
    const { stdout } = await inShell(t, shell, args)
    assert.equal(stdout.trim().split('\t')[0], 'quickstart')
  })
}

const hasZsh = spawnSync('zsh', ['--version']).status === 0
// Its completion needs a terminal; the script itself is read and found to be a function.
test('zsh takes the script', { skip: hasZsh ? false : 'zsh is not here' }, async (t) => {
  const script = 'autoload -Uz compinit; compinit -u -D; source <(kbench completion zsh); echo $_comps[kbench]'
  const { stdout, stderr } = await inShell(t, 'zsh', ['-f', '-c', script])
  assert.deepEqual([stdout.trim(), stderr], ['_kbench', ''])
})

test('a shell that is not known: exit 2, and the nearest one', async () => {
  const { exitCode, stderr } = await kbench(['completion', 'bsh'])
  assert.equal(exitCode, 2)
  assert.match(stderr, /did you mean "bash"\?/)
})

/** Runs a shell in whose PATH kbench is this one. */
async function inShell(
  t: TestContext,
  shell: string,
  args: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  const bin = await scratch(t)
  const program = join(bin, 'kbench')
  await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${join(packageRoot, 'bin', 'kbench.js')}" "$@"\n`)
  await chmod(program, 0o755)
  const env = { ...cleanEnvironment(), HOME: bin, PATH: `${bin}${delimiter}${process.env.PATH}` }
  return new Promise((resolve, reject) => {
    execFile(shell, args, { env, cwd: bin }, (error, stdout, stderr) =>
      error ? reject(error) : resolve({ stdout, stderr }),
    )
  })
}
