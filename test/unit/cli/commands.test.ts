import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Command } from 'commander'
import { packageRoot } from '../../../src/base/root.ts'
import { pathOf } from '../../../src/cli/command-tree.ts'
import { helpAfterOf } from '../../../src/cli/commands/help-text.ts'
import { program } from '../../../src/cli/program.ts'
import { shellWords } from '../_markdown.ts'
import { commandsMarkdown, commandsOf, helpOf, manPage } from './_command-pages.ts'

const commands = commandsOf(program())

describe('the help of every command', () => {
  for (const command of commands) {
    const path = pathOf(command)
    test(path, () => {
      const text = helpOf(command)
      assert.deepEqual(
        text.split('\n').filter((line) => line.length > 80),
        [],
      )
      const { examples = [] } = helpAfterOf(command) ?? {}
      assert.ok(examples.length > 0, 'no example')
      assert.ok(
        examples.some((example) => example.includes(path)),
        'no example of its own',
      )
      for (const { name, description } of described(command)) assert.ok(description !== '', `${name}: no description`)
    })
  }
})

const described = (command: Command) =>
  command.options.filter(({ hidden }) => !hidden).map(({ flags, description }) => ({ name: flags, description }))

describe('every example parses', () => {
  for (const command of commands) {
    for (const example of helpAfterOf(command)?.examples ?? []) {
      test(example, async () => {
        const words = shellWords(example.replace(/\\\n\s*/g, ' ').replace(/^source <\((.*)\).*$/, '$1')).filter(
          (word) => !/^[A-Z_0-9]+=/.test(word),
        )
        assert.equal(words[0], 'kbench')
        const called: string[] = []
        const fresh = program()
        for (const each of commandsOf(fresh)) {
          each.configureOutput({ writeErr: () => {}, writeOut: () => {} })
          if (each.commands.length === 0) each.action(() => void called.push(pathOf(each)))
        }
        // What a command asks of its values before it runs is asked here, too.
        await fresh.parseAsync(words.slice(1), { from: 'user' })
        assert.equal(called.length, 1)
      })
    }
  }
})

/** Options whose name has two meanings, and why both stay. */
const twoMeanings: Readonly<Record<string, string>> = {
  '--out': 'where to write; kbench plan: a key of its load file, beside in',
  '--format': 'a report; kbench consume: the format of records, as in kcat',
}

test('an option means the same on every command that has it: one value, one letter', () => {
  const options = commands.flatMap((command) =>
    command.options.filter(({ hidden }) => !hidden).map((option) => ({ command: pathOf(command), option })),
  )
  const differ = options.flatMap(({ option, command }) => {
    const first = options.find((other) => other.option.long === option.long)!
    const isSame = option.flags === first.option.flags
    return isSame
      ? []
      : [{ long: option.long!, text: `${option.flags} of ${command}, ${first.option.flags} of ${first.command}` }]
  })
  assert.deepEqual(
    differ.filter(({ long }) => !(long in twoMeanings)).map(({ text }) => text),
    [],
  )
  assert.deepEqual(
    Object.keys(twoMeanings).filter((long) => !differ.some((each) => each.long === long)),
    [],
    'no longer differ',
  )
})

// UPDATE_GENERATED=1 writes the pages instead of comparing them.
const update = process.env.UPDATE_GENERATED === '1'
const again = 'stale: UPDATE_GENERATED=1 node --test dist/test/unit/cli/commands.test.js writes it again'

function compare(file: string, expected: (now: string) => string): void {
  const path = join(packageRoot, file)
  const now = readFileSync(path, 'utf8')
  if (update) writeFileSync(path, expected(now))
  else assert.equal(now, expected(now), `${file} is ${again}`)
}

test('docs/commands.md lists every command and option with the words of its help', () => {
  compare('docs/commands.md', (now) =>
    now.replace(
      /(<!-- generated[^\n]*\n)[\s\S]*?(<!-- end -->)/,
      (_, start, end) => `${start}\n${commandsMarkdown(program())}\n\n${end}`,
    ),
  )
})

test('docs/kbench.1 is the same as a manual page', () => {
  compare('docs/kbench.1', () => manPage(program()))
})

const hasGroff = spawnSync('groff', ['--version']).status === 0

test('groff reads the manual page without a warning', { skip: hasGroff ? false : 'groff is not here' }, () => {
  const page = join(packageRoot, 'docs', 'kbench.1')
  const { stderr, status } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z', page], { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
  const text = execFileSync('groff', ['-man', '-Tascii', '-P-cbou', page], { encoding: 'utf8' })
  for (const command of commands.slice(1)) assert.ok(text.includes(pathOf(command)), pathOf(command))
})
