import { compareRuns } from '../../src/compare/compare-runs.ts'
import { comparedRun } from '../../src/compare/compared-run.ts'
import type { RunResult } from '../../src/contracts/result.ts'
import { comparePage } from '../../src/reports/compare/page.ts'
import report from '../../src/reports/html.ts'
import { brokerKilled } from '../fixtures/faults.ts'
import { foundMaximum } from '../fixtures/find-max.ts'
import { hundred, sixRuns, sixteen, threeClients } from '../fixtures/many.ts'
import { repeatedRun } from '../fixtures/repeated.ts'
import { interrupted, invalid, twoClients, violated } from '../fixtures/result.ts'

/** A run whose second client never started. */
function failed(): RunResult {
  const result = twoClients()
  Object.assign(result.variants[1]!, { status: 'failed', reasons: ['the topic could not be created'] })
  return { ...result, status: 'failed', exitCode: 3, exitCodes: [3] }
}

/** A run on a cluster one of whose partitions had no leader. */
function degraded(): RunResult {
  const result = twoClients()
  for (const variant of result.variants) {
    variant.findings = [
      { code: 'degraded', level: 'warning', text: 'partition 3 had no leader when the load began' } as never,
    ]
  }
  return result
}

/** Results that a page must be looked at for, by name. */
export const runs: Readonly<Record<string, () => RunResult>> = {
  two: twoClients,
  three: threeClients,
  sixteen,
  hundred,
  'six-runs': sixRuns,
  invalid,
  failed,
  fault: brokerKilled,
  'find-max': foundMaximum,
  degraded,
  interrupted,
  violated,
}

export const pageOf = async (result: RunResult): Promise<string> => String((await report.render([result]))[0]!.body)

function comparison(): string {
  const metrics = ['produce.ackedPerSec', 'produce.responseUs.p50', 'produce.responseUs.p99', 'lag.g1.maxRecords']
  const runsOf = [
    comparedRun(repeatedRun({ runId: 'a', clients: ['kafkajs'] }), 'before'),
    comparedRun(repeatedRun({ runId: 'b', clients: ['kafkajs'], slower: 1.3, seed: 2 }), 'after'),
  ]
  const options = { across: [], allowEnvironment: false, metrics, gate: null, noise: () => 0.05 }
  return comparePage(compareRuns(runsOf, options), () => '.')
}

/** Every kind of page that kbench renders, by name. */
export const allPages: Readonly<Record<string, () => Promise<string>>> = {
  ...Object.fromEntries(Object.entries(runs).map(([name, make]) => [name, () => pageOf(make())])),
  comparison: async () => comparison(),
}
