import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pathOf } from '../../../src/cli/command-tree.ts'
import { program } from '../../../src/cli/program.ts'
import { commandsOf, helpOf } from './_command-pages.ts'

/** What the options of a command come to, without what was not given. */
async function optionsOf(words: string): Promise<Record<string, unknown>> {
  const kbench = program()
  let given: Record<string, unknown> = {}
  for (const command of commandsOf(kbench)) {
    command.configureOutput({ writeErr: () => {}, writeOut: () => {} })
    if (command.commands.length > 0) continue
    command.action(() => {
      const typed = Object.entries(command.opts()).filter(([key]) => command.getOptionValueSource(key) === 'cli')
      given = Object.fromEntries(typed)
    })
  }
  await kbench.parseAsync(words.split(' '), { from: 'user' })
  return given
}

/** What scripts may have from earlier versions, and what it is called now. */
const table: readonly [old: string, now: string, key: string][] = [
  ['topics list --command-config c.properties', 'topics list --config c.properties', 'config'],
  ['topics create x --config retention.ms=5', 'topics create x --topic-config retention.ms=5', 'topicConfig'],
  ['topics alter x --config a=1 --config b=2', 'topics alter x --topic-config a=1 --topic-config b=2', 'topicConfig'],
  [
    'cluster up x --profile connect --profile y',
    'cluster up x --compose-profile connect --compose-profile y',
    'composeProfile',
  ],
  ['cluster up x --timeout 90', 'cluster up x --timeout 90s', 'timeout'],
  ['plan --cluster 6xkafka.m7g.large', 'plan --brokers 6xkafka.m7g.large', 'brokers'],
  ['plan --profile x.yaml', 'plan --write-profile x.yaml', 'writeProfile'],
  ['calibrate-broker --profile x.yaml', 'calibrate-broker --write-profile x.yaml', 'writeProfile'],
  ['calibrate --repetitions 8', 'calibrate --repeat 8', 'repeat'],
  ['calibrate --from x', 'calibrate --from-run x', 'fromRun'],
  ['compare a --metrics x,y --metrics z', 'compare a --metric x,y --metric z', 'metric'],
  ['compare a --csv', 'compare a --format csv', 'format'],
  ['compare a --markdown', 'compare a --format markdown', 'format'],
  ['compare a --junit', 'compare a --format junit', 'format'],
  ['init --preset quickstart', 'init --from quickstart', 'from'],
]

describe('options under the names that they had', () => {
  for (const [old, now, key] of table) {
    test(old, async () => {
      const [before, after] = [await optionsOf(old), await optionsOf(now)]
      assert.notEqual(after[key], undefined)
      assert.deepEqual(before[key], after[key])
    })
  }

  test('no help shows them', () => {
    const kbench = program()
    for (const [old, now] of table) {
      const name = / (--[\w-]+)/.exec(old)![1]!
      const command = commandsOf(kbench).find(
        (each) => now.startsWith(pathOf(each).replace('kbench ', '')) && each.parent,
      )!
      if (new RegExp(` ${name}( |$)`).test(now) || name === '--config') continue
      assert.doesNotMatch(helpOf(command), new RegExp(`^ +(-\\w, )?${name} `, 'm'), old)
    }
  })
})

test('--config of topics create is a file where it is one, also beside settings', async () => {
  const { config, topicConfig } = await optionsOf('topics create x --config c.properties --config a=1')
  assert.deepEqual([config, topicConfig], ['c.properties', ['a=1']])
  const other = await optionsOf('topics create x --config a=1 --config c.properties')
  assert.deepEqual([other.config, other.topicConfig], ['c.properties', ['a=1']])
})
