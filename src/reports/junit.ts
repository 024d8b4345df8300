import { defineReport } from '../contracts/define.ts'
import type { RunResult, Variant } from '../contracts/result.ts'
import { type ThresholdWords, thresholdText, thresholdWords } from './_threshold-words.ts'
import { xmlElement } from './_xml.ts'

/** One suite per run; per variant a case for its status, one for its integrity, and one for each of its thresholds. */
export default defineReport({
  summary: 'junit.xml: a test case per threshold and variant, and per variant for status and integrity',
  render: async (results) => {
    const suites = results.map(suiteOf)
    const sum = (key: 'tests' | 'failures' | 'errors' | 'skipped') =>
      suites.reduce((total, { counts }) => total + counts[key], 0)
    const totals = { tests: sum('tests'), failures: sum('failures'), errors: sum('errors'), skipped: sum('skipped') }
    const root = xmlElement(
      'testsuites',
      { name: 'kbench', ...totals },
      suites.map(({ xml }) => xml),
    )
    return [{ name: 'junit.xml', body: `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n` }]
  },
})

/** A test case; `outcome` null = passed. */
interface Case {
  classname: string
  name: string
  timeS: number
  outcome: { kind: 'failure' | 'error' | 'skipped'; message: string } | null
}

function suiteOf(result: RunResult) {
  const words = thresholdWords(result)
  const cases = result.variants.flatMap((variant) => [
    statusCase(result, variant),
    integrityCase(result, variant),
    ...result.thresholds.flatMap((outcome) =>
      outcome.variant === variant.id
        ? [thresholdCase(result, variant, words.find((each) => each.outcome === outcome)!)]
        : [],
    ),
  ])
  const count = (kind: string) => cases.filter(({ outcome }) => outcome?.kind === kind).length
  const counts = { tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped') }
  const { provider, layout, kafkaVersion } = result.cluster
  const facts: Record<string, string | number> = {
    runId: result.runId,
    exitCode: result.exitCode,
    kbench: result.environment.kbench,
    cluster: `${provider} ${layout}`,
    kafka: kafkaVersion ?? 'unknown',
    ...result.environment.clients,
  }
  const properties = Object.entries(facts).map(([name, value]) => xmlElement('property', { name, value }))
  const timestamp = result.startedAt.replace(/\.\d+Z$/, 'Z')
  const attributes = { name: result.name, ...counts, time: result.durationS.toFixed(3), timestamp }
  const xml = xmlElement('testsuite', attributes, [xmlElement('properties', {}, properties), ...cases.map(caseOf)])
  return { xml, counts }
}

function caseOf({ classname, name, timeS, outcome }: Case): string {
  const children = outcome === null ? [] : [xmlElement(outcome.kind, { message: outcome.message })]
  return xmlElement('testcase', { classname, name, time: timeS.toFixed(3) }, children)
}

const classOf = (result: RunResult, variant: Variant): string => `${result.name}.${variant.id}`

const because = (word: string, reasons: readonly string[]): string =>
  reasons.length === 0 ? word : `${word}: ${reasons.join('; ')}`

function statusCase(result: RunResult, variant: Variant): Case {
  const { status, reasons, phases } = variant
  const message = because(status, reasons)
  const timeS = phases.reduce((end, { endS }) => Math.max(end, endS), 0)
  const kind = status === 'unsupported' ? 'skipped' : 'error'
  return {
    classname: classOf(result, variant),
    name: 'status',
    timeS,
    outcome: status === 'ok' ? null : { kind, message },
  }
}

function integrityCase(result: RunResult, variant: Variant): Case {
  const { verdict, reasons, lost } = variant.integrity
  const message = because(verdict === 'violated' ? `violated, ${lost} lost` : 'not audited', reasons)
  const outcome = verdict === 'ok' ? null : ({ kind: verdict === 'violated' ? 'failure' : 'skipped', message } as const)
  return { classname: classOf(result, variant), name: 'integrity', timeS: 0, outcome }
}

function thresholdCase(result: RunResult, variant: Variant, words: ThresholdWords): Case {
  return {
    classname: classOf(result, variant),
    name: words.condition,
    timeS: 0,
    outcome: words.outcome.ok ? null : { kind: 'failure', message: thresholdText(words) },
  }
}
