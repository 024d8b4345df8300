import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { RunResult, Variant } from '../../src/contracts/result.ts'
import { kbench } from '../cli/_kbench.ts'
import { onlyResult } from '../cli/_live.ts'
import { skipReason } from '../cluster/_providers.ts'

// The main job, three times over: profiles/3broker-acks-all.yaml as it is. Its figures are printed; the medians are judged.

const skip = await skipReason('local')
const folder = mkdtempSync(join(tmpdir(), 'kbench-long-'))
const results: RunResult[] = []
const clients = ['kafkajs', 'node-rdkafka']

after(() => rmSync(folder, { recursive: true, force: true }))

function of(result: RunResult, client: string): Variant {
  return result.variants.find(({ params }) => params.client === client)!
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

describe('profiles/3broker-acks-all.yaml, three runs', { skip }, () => {
  before(async () => {
    for (let repeat = 1; repeat <= 3; repeat++) {
      const target = join(folder, `run-${repeat}`)
      await kbench(['run', 'profiles/3broker-acks-all.yaml', '--results', target, '--quiet'])
      results.push(onlyResult(target).result)
    }
  })

  for (const client of clients) {
    test(`${client}: ok, everything acknowledged, nothing lost`, (t) => {
      for (const result of results) {
        const { ledger, integrity, consume, produce, generator, status, reasons } = of(result, client)
        t.diagnostic(
          `${client} on ${result.cluster.provider}: ${status}, response p50 ${produce.responseUs!.p50} p99 ${produce.responseUs!.p99} µs, ` +
            `schedule lag p99 ${generator.scheduleLagUs.p99} µs, sent ${produce.sentPerSec.toFixed(1)}/s, ` +
            `audited ${integrity.audited}, lost ${integrity.lost}, reordered ${integrity.reordered}`,
        )
        assert.equal(ledger.acked, ledger.scheduled, reasons.join())
        assert.equal(integrity.verdict, 'ok')
        assert.equal(integrity.lost, 0)
        assert.equal(consume!.endToEndUs!.count, integrity.auditedMeasure)
      }
      assert.ok(results.filter((result) => of(result, client).status === 'ok').length >= 2)
    })

    test(`${client}: sent within 0.5 % of offered, schedule lag p99 below 5 ms, in the median`, () => {
      const sent = median(results.map((result) => of(result, client).produce.sentPerSec))
      assert.ok(Math.abs(sent / 5000 - 1) < 0.005, `${sent}`)
      const lag = median(results.map((result) => of(result, client).generator.scheduleLagUs.p99!))
      assert.ok(lag < 5000, `${lag} µs`)
    })

    test(`${client}: no gap in the lag series`, () => {
      for (const result of results) {
        assert.deepEqual(
          of(result, client).events.filter(({ kind }) => kind === 'lag-gap'),
          [],
        )
      }
    })
  }

  test('the run adds less than 45 s to its phases, in the median', (t) => {
    const added = results.map(
      ({ durationS, variants }) => durationS - variants.reduce((sum, { phases }) => sum + phases.at(-1)!.endS, 0),
    )
    t.diagnostic(`added: ${added.map((s) => s.toFixed(1)).join(', ')} s`)
    assert.ok(median(added) < 45, `${median(added)}`)
  })
})
