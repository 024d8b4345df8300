import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunResult } from '../../../src/contracts/result.ts'
import { tryParseProfile } from '../../../src/profile/parse.ts'
import htmlReport from '../../../src/reports/html.ts'
import { terminalSummary } from '../../../src/reports/terminal.ts'
import { planRun } from '../../../src/runners/run/run-plan.ts'
import { twoClients } from '../../fixtures/result.ts'

const planOf = async (text: string) => {
  const parsed = tryParseProfile(text, {
    file: 'x.yaml',
    sets: [],
    env: {},
    known: { references: ['kafka-perf-test'] },
  })
  assert.ok('profile' in parsed, JSON.stringify(parsed))
  return planRun(parsed.profile, parsed.cells)
}

test('a variant of the reference per combination, interleaved with the clients', async () => {
  const plan = await planOf(
    'name: x\nworkload: produce\nclients: [fake]\nmatrix: { producers.acks: [1, all] }\nreference: kafka-perf-test\nrepeat: 2\n',
  )
  assert.deepEqual(
    plan.variants.map(({ id }) => id),
    [
      'client=fake,producers.acks=1#1',
      'client=fake,producers.acks=all#1',
      'client=kafka-perf-test,producers.acks=1#1',
      'client=kafka-perf-test,producers.acks=all#1',
      'client=kafka-perf-test,producers.acks=all#2',
      'client=kafka-perf-test,producers.acks=1#2',
      'client=fake,producers.acks=all#2',
      'client=fake,producers.acks=1#2',
    ],
  )
  assert.equal(plan.unsupported.size, 0)
})

for (const [what, profile, reason] of [
  ['faults', 'faults: [{ use: kill-broker, at: 1s }]', /failure/],
  ['keys', 'load: { record: { keys: { distribution: uniform } } }', /without keys/],
  ['sizes', 'load: { record: { size: { list: [100B, 1KiB] } } }', /one size/],
  ['explicit partitions', 'producers: { partitioner: { explicit: [0] } }', /takes no partition/],
  ['a topic that is there', 'topic: { name: mine }', /before/],
] as const) {
  test(`it cannot do ${what}: listed, with the reason`, async () => {
    const plan = await planOf(`name: x\nworkload: produce\nclients: [fake]\nreference: kafka-perf-test\n${profile}\n`)
    assert.deepEqual([...plan.unsupported.keys()], ['client=kafka-perf-test'])
    assert.match([...plan.unsupported.values()][0]!, reason)
  })
}

test('a reference that does not exist is a profile error at its line', () => {
  const parsed = tryParseProfile('name: x\nworkload: produce\nclients: [fake]\nreference: kafka-perf-tset\n', {
    file: 'x.yaml',
    sets: [],
    env: {},
    known: { references: ['kafka-perf-test'] },
  })
  assert.ok('problems' in parsed)
  assert.match(
    JSON.stringify(parsed.problems),
    /there is no reference .*kafka-perf-tset.*did you mean .*kafka-perf-test/,
  )
})

test('the report says how far each client is from it, from the medians', async () => {
  const result: RunResult = twoClients()
  const [first] = result.variants
  const produce = { ...first!.produce, ackedPerSec: first!.produce.ackedPerSec * 2, responseUs: null, serviceUs: null }
  result.variants.push({
    ...first!,
    id: 'client=kafka-perf-test',
    params: { client: 'kafka-perf-test' },
    produce,
    reference: {
      tool: 'kafka-perf-test',
      version: '4.1.0',
      produce: {
        ...{ records: 1000, recordsPerSec: produce.ackedPerSec, bytesPerSec: 1, steadyRecordsPerSec: 1234 },
        latencyMs: { mean: 1, max: 9, p50: 1, p95: 2, p99: 3, p999: 4 },
      },
      consume: [],
      runs: [{ command: 'kafka-producer-perf-test.sh <x>', printed: '1000 records sent' }],
    },
  })
  const [file] = await htmlReport.render([result])
  const page = String(file!.body)
  assert.match(page, /<h2 id="reference">Reference<\/h2>/)
  assert.match(page, /\(0\.50 ×\)/)
  assert.match(page, /kafka-producer-perf-test\.sh &lt;x&gt;/)
  assert.match(page, /1 234 records\/s|1.234 records\/s/)
  assert.doesNotMatch(String((await htmlReport.render([twoClients()]))[0]!.body), /id="reference"/)
  const lines = terminalSummary(result, { columns: 80, color: false }).split('\n')
  assert.ok(lines.every((line) => line.length <= 80))
  assert.match(lines.find((line) => /^(generator, )?schedule lag/.test(line))!, /–\s*$/)
})
