import { checkRun } from '../../src/capacity/check-run.ts'
import { measurementOf } from '../../src/capacity/from-run.ts'
import { parseInput } from '../../src/capacity/input.ts'
import { loadOf } from '../../src/capacity/load.ts'
import { planOf } from '../../src/capacity/plan.ts'
import { alternativesOf, answersOf } from '../../src/capacity/questions.ts'
import { compareRuns } from '../../src/compare/compare-runs.ts'
import { comparedRun } from '../../src/compare/compared-run.ts'
import type { RunResult } from '../../src/contracts/result.ts'
import { comparePage } from '../../src/reports/compare/page.ts'
import report from '../../src/reports/html.ts'
import { trendPage } from '../../src/reports/page/trend-page.ts'
import { planPage } from '../../src/reports/plan/page.ts'
import { brokerKilled } from '../fixtures/faults.ts'
import { foundMaximum } from '../fixtures/find-max.ts'
import { hundred, sixRuns, sixteen, threeClients } from '../fixtures/many.ts'
import { repeatedRun } from '../fixtures/repeated.ts'
import { interrupted, invalid, single, twoClients, violated } from '../fixtures/result.ts'
import { data } from '../unit/capacity/_planning.ts'

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

/** A plan of a load that grows, with every drawing that there is, and a run beside it. */
export function plan(): string {
  const options = { in: '40MB/s', groups: '2', partitions: '100', growth: '30%' }
  const { input } = parseInput({ options, file: null })
  const planned = planOf(loadOf(input), data)
  const run = single()
  return planPage({
    plan: planned,
    answers: answersOf(planned, input, data, null),
    alternatives: alternativesOf(planned, data, null),
    data,
    measured: measurementOf(run),
    check: checkRun(run, planned.candidates[0]!, planned.inputs, 100),
  })
}

/** Seven runs of one profile, the last but one slower. */
function trend(): string {
  const runsOf = Array.from({ length: 7 }, (_, at) =>
    repeatedRun({
      runId: `2026112${at}-100000-nightly-000${at}`,
      clients: ['kafkajs'],
      slower: at === 5 ? 1.3 : 1,
      seed: at + 1,
    }),
  )
  return trendPage(runsOf)
}

/** Every kind of page that kbench renders, by name. */
export const allPages: Readonly<Record<string, () => Promise<string>>> = {
  ...Object.fromEntries(Object.entries(runs).map(([name, make]) => [name, () => pageOf(make())])),
  comparison: async () => comparison(),
  plan: async () => plan(),
  trend: async () => trend(),
}
