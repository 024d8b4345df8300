import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { RunResult, Variant } from '../../src/contracts/result.ts'
import { kbench } from '../cli/_kbench.ts'
import { isClosed, onlyResult } from '../cli/_live.ts'
import { skipReason } from '../cluster/_providers.ts'

// profiles/kafkajs-silent-loss.yaml as it is: five rounds of a broker killed and another one paused, under load.

const skip = await skipReason('local')
/** KBENCH_KEEP_RESULTS=<folder> keeps what was measured, for a look at the reports. */
const kept = process.env.KBENCH_KEEP_RESULTS
const folder = kept ?? mkdtempSync(join(tmpdir(), 'kbench-long-loss-'))
after(() => {
  if (!kept) rmSync(folder, { recursive: true, force: true })
})

describe('profiles/kafkajs-silent-loss.yaml, five rounds', { skip }, () => {
  let result: RunResult
  let exitCode: number
  let said: string

  before(async () => {
    const target = join(folder, 'kafkajs-silent-loss')
    const set = ['--set', 'cluster.provider=local', '--set', 'phases.clusterWarmup=5s']
    const ended = await kbench(['run', 'profiles/kafkajs-silent-loss.yaml', ...set, '--results', target])
    exitCode = ended.exitCode
    said = ended.stderr
    result = onlyResult(target).result
  })

  function variantOf(client: string, sendScope: string): Variant {
    return (
      result.variants.find(({ params }) => params.client === client && params['producers.sendScope'] === sendScope) ??
      assert.fail(`${client} ${sendScope} was not run`)
    )
  }

  test('every round was had', (t) => {
    assert.ok(isClosed(result))
    assert.equal(result.variants.length, 3)
    for (const { id, status, ledger, integrity, faults } of result.variants) {
      t.diagnostic(
        `${id} ${status}: ${integrity.lost} of ${ledger.acked} acknowledged records lost, ${integrity.duplicated} duplicated, ` +
          `${integrity.reordered} reordered, ${ledger.failed + ledger.unknown} not acknowledged`,
      )
      assert.equal(faults.length, 10, said)
      for (const fault of faults)
        assert.ok(fault.verifiedAtS !== null && fault.healedAtS !== null, `${id} ${fault.use}`)
    }
  })

  test('kafkajs with a send over all partitions loses acknowledged records: exit code 97', () => {
    const { integrity } = variantOf('kafkajs', 'topic')
    assert.ok(integrity.lost! > 0)
    assert.equal(integrity.verdict, 'violated')
    assert.equal(exitCode, 97)
  })

  for (const client of ['kafkajs', 'node-rdkafka']) {
    test(`${client} with a send per partition loses none`, () => {
      const { integrity, ledger } = variantOf(client, 'partition')
      assert.equal(integrity.lost, 0)
      assert.ok(integrity.audited > 300_000)
      assert.equal(ledger.acked, ledger.scheduled)
    })
  }
})
