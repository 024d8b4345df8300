import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { packageRoot } from '../../../src/base/root.ts'
import { checkRun } from '../../../src/capacity/check-run.ts'
import { clusterOf, highestLoad } from '../../../src/capacity/cluster.ts'
import { measurementOf } from '../../../src/capacity/from-run.ts'
import { inputKeys, parseInput } from '../../../src/capacity/input.ts'
import { loadOf } from '../../../src/capacity/load.ts'
import { planOf } from '../../../src/capacity/plan.ts'
import { alternativesOf, answersOf } from '../../../src/capacity/questions.ts'
import { escapeText } from '../../../src/reports/page/markup.ts'
import { planPage } from '../../../src/reports/plan/page.ts'
import { clusterText, planTable } from '../../../src/reports/plan/terminal.ts'
import { single } from '../../fixtures/result.ts'
import { candidate, data, load } from './_planning.ts'

function planned(options: Record<string, unknown>) {
  const { input } = parseInput({ options, file: null })
  const plan = planOf(loadOf(input), data)
  const answers = answersOf(plan, input, data, null)
  const alternatives = alternativesOf(plan, data, null)
  return { plan, answers, alternatives }
}

const usual = { in: '40MB/s', 'average-in': '20MB/s', groups: '2', partitions: '100', growth: '30%' }

describe('the terminal table', () => {
  const loads: readonly Record<string, unknown>[] = [
    usual,
    { in: '0.01MB/s' },
    { in: '180MB/s', groups: '6', replication: '2', partitions: '9000', connections: '90000', auth: 'iam' },
    { in: '40MB/s', retention: '30d', 'local-retention': '6h', 'partition-in': '5MB/s', 'partition-out': '8MB/s' },
  ]
  for (const [at, options] of loads.entries()) {
    test(`fits 80 columns, load ${at + 1}`, () => {
      const { plan, answers, alternatives } = planned(options)
      const lines = planTable(plan, answers, alternatives, { columns: 80, color: false }).split('\n')
      assert.deepEqual(
        lines.filter((line) => [...line].length > 80),
        [],
      )
      assert.ok(lines.some((line) => line.startsWith(plan.candidates[0]!.type)))
    })
  }

  test('shows brokers, binding constraint and cost of the cheapest, and its constraints with their sources', () => {
    const { plan, answers, alternatives } = planned(usual)
    const text = planTable(plan, answers, alternatives, { columns: 80, color: false })
    assert.match(text, /^kafka\.m7g\.large +9 +resilient-ebs +2 959 /m)
    assert.match(text, /^resilient-ebs +7 brokers +40 of 6\.06 MB\/s in +derived S5;S3;S1$/m)
    assert.match(text, /^cost a month +\$2 959: brokers \$1 340, storage \$966, between zones$/m)
    assert.match(text, /conflict 8/)
  })

  test('of a cluster', () => {
    const shape = load({ in: '1MB/s', groups: '2' })
    const { candidate: chosen, brokers } = clusterOf('6xkafka.m7g.large', data, null)
    const text = clusterText(highestLoad(chosen, brokers, shape, data), shape, { columns: 80, color: false })
    assert.match(text, /^6 × kafka\.m7g\.large: at most 36\.3 MB\/s in \(resilient-ebs\)\n/)
  })
})

describe('docs/planning.md shows what is printed', () => {
  const page = readFileSync(join(packageRoot, 'docs/planning.md'), 'utf8')

  test('the plan', () => {
    const { plan, answers, alternatives } = planned(usual)
    assert.ok(page.includes(planTable(plan, answers, alternatives, { columns: 80, color: false })))
  })

  test('the highest load of a cluster', () => {
    const shape = load({ in: '1MB/s', groups: '2' })
    const { candidate: chosen, brokers } = clusterOf('6xkafka.m7g.large', data, null)
    assert.ok(
      page.includes(clusterText(highestLoad(chosen, brokers, shape, data), shape, { columns: 80, color: false })),
    )
  })

  test('every key of a load', () => {
    for (const key of inputKeys) assert.ok(page.includes(`\`${key}\``), key)
  })
})

describe('the answers', () => {
  const { plan, answers, alternatives } = planned({ ...usual, 'partition-in': '5MB/s', 'partition-out': '4MB/s' })
  const values = (id: string) => answers.find((one) => one.id === id)!.values

  test('one zone down: 40 MB/s on six of nine brokers, each of which carries 26.25', () => {
    assert.equal(values('zone-down').brokers, 6)
    assert.ok(Math.abs(Number(values('zone-down').shareOfCeiling) - 40 / (6 * 26.25)) < 1e-9)
  })

  test('one broker rebooting: eight are left', () => {
    assert.ok(Math.abs(Number(values('reboot').shareOfCeiling) - 40 / (8 * 26.25)) < 1e-9)
  })

  test('twelve hours behind: 20 MB/s × 12 h by what F1 leaves for a third group', () => {
    const spare = 9 * Math.min(78.75 / 3, 117.125 / 5) - 40
    assert.ok(Math.abs(Number(values('catch-up').hours) - 240 / spare) < 1e-9)
  })

  test('growth: 54.5 MB/s is 1.363 times the load, which 30 % a year exceed in month 15', () => {
    assert.ok(Math.abs(Number(values('growth').factor) - (9 * 78.75) / 6.5 / 2 / 40) < 1e-9)
    assert.equal(values('growth').month, Math.floor((12 * Math.log(1.3629)) / Math.log(1.3)) + 1)
  })

  test('partitions: the slower of both sides decides', () => assert.equal(values('partitions').partitions, 10))

  test('side by side: each change with what the cheapest then is', () => {
    assert.deepEqual(
      alternatives.map(({ id }) => id),
      ['as-planned', 'provisioned', 'larger-type', 'rack-aware', 'tiered', 'retention-doubled'],
    )
    const cost = (id: string) => alternatives.find((one) => one.id === id)!.costPerMonth!
    assert.equal(cost('as-planned'), plan.candidates[0]!.costPerMonth!.total)
    // Fetching across zones: 40 MB/s on average, two thirds of it, at 0.02 USD a GiB.
    const across = (40 * 730 * 3600 * 1e6) / 2 ** 30 / 1.5 / 50
    assert.ok(Math.abs(cost('rack-aware') - cost('as-planned') - across) < 0.01)
    assert.ok(cost('tiered') < cost('as-planned'))
  })

  test('a group that is further behind than the retention has lost records', () => {
    const late = planned({ ...usual, behind: '30h' })
    const { catchUp, warnings } = late.plan.candidates[0]!
    assert.equal(catchUp.fits, false)
    assert.match(warnings.join('\n'), /30 h behind has lost records: retention is 24 h/)
  })

  test('without room for one more group it never catches up', () => {
    // Three express.m7g.large carry 93.6 MB/s out: with a third group at most 31.2 in, which the peak already is.
    const options = { in: '31.2MB/s', groups: '2', partitions: '100' }
    const tight = planOf(load(options), data, ['express.m7g.large'])
    const one = { ...tight.candidates[0]! }
    assert.equal(one.brokers, 3)
    assert.deepEqual([one.catchUp.hours, one.catchUp.fits], [null, false])
    assert.match(one.warnings.join('\n'), /never catches up at the peak/)
  })
})

describe('the highest load of a cluster', () => {
  test('is what sizing takes to that many brokers', () => {
    for (const name of ['kafka.m7g.large', 'kafka.m5.4xlarge+pst', 'express.m7g.xlarge']) {
      for (const brokers of [3, 6, 12]) {
        const shape = load({ in: '10MB/s', 'average-in': '6MB/s', groups: '3' })
        const { maxInMBps } = highestLoad(candidate(name), brokers, shape, data)
        const at = (share: number) => {
          const by = (maxInMBps * share) / 10
          const grown = { in: `${10 * by}MB/s`, 'average-in': `${6 * by}MB/s`, groups: '3' }
          return planOf(load(grown), data, [name]).candidates.find(({ type }) => type === name)!.brokers
        }
        assert.equal(at(0.999), brokers, `${brokers} × ${name} at ${maxInMBps} MB/s`)
        assert.ok(at(1.001)! > brokers)
      }
    }
  })

  test('is 0 where the partitions alone are too many', () => {
    const answer = highestLoad(candidate('kafka.m7g.large'), 3, load({ in: '1MB/s', partitions: '2000' }), data)
    assert.deepEqual([answer.maxInMBps, answer.binding], [0, 'partitions'])
  })
})

describe('the page', () => {
  const { plan, answers, alternatives } = planned(usual)
  const page = planPage({ plan, answers, alternatives, data })

  test('works offline: no script, no address to load from', () => {
    assert.doesNotMatch(page, /<script|<link|src=|url\(|@import/)
    assert.match(page, /default-src 'none'/)
  })

  test('has a bar for every constraint of the cheapest, with demand, working, certainty and source on hover', () => {
    for (const { name, tag, source, working } of plan.candidates[0]!.constraints) {
      const bars = [...page.matchAll(/<span class="bar [^>]*title="([^"]*)"/g)].map(([, title]) => title!)
      assert.ok(
        bars.some((title) => title.startsWith(`${name}: `) && title.endsWith(`; ${working}; ${tag}, ${source}`)),
        name,
      )
    }
  })

  test('has every candidate in its table, and the growth curve', () => {
    for (const { type } of plan.candidates) assert.ok(page.includes(`>${type}</th>`), type)
    assert.match(page, /<title>month 12: 52 MB\/s in<\/title>/)
    assert.match(page, /<li><i class="k0"><\/i>9 × kafka\.m7g\.large: up to 54\.5 MB\/s, exceeded in month 15<\/li>/)
  })

  test('has what a run gave, and its verdict on each assumption; nothing of both without a run', () => {
    const measured = measurementOf(single())
    const check = checkRun(single(), plan.candidates[0]!, plan.inputs, 100)
    const text = planPage({ plan, answers, alternatives, data, measured, check })
    const shown = [...measured.carriesOver.map(({ name }) => name), ...check.map(({ name }) => name)]
    for (const name of shown) assert.ok(text.includes(`<th scope="row">${name}</th>`), name)
    const broken = check.filter(({ held }) => held === false).length
    assert.ok(broken > 0)
    assert.equal(text.split('<td class="text alert">did not hold</td>').length - 1, broken)
    assert.ok(measured.never.every((one) => text.includes(escapeText(one))))
    assert.doesNotMatch(page, /<h2>(Measured|Check)/)
  })

  test('a load that no cluster takes has a page with the reasons', () => {
    const none = planned({ in: '90GB/s' })
    const text = planPage({ ...none, data })
    assert.match(text, /No MSK cluster takes this load/)
    assert.match(text, /kafka\.m5\.large<\/th><td class="words">/)
  })
})
