import { formatCount } from '../base/units.ts'
import type { RunResult, Variant } from '../contracts/result.ts'
import { type FaultFinding, faultFindings } from './_fault-words.ts'
import type { Finding, Tone } from './_findings.ts'
import { variantLabels } from './_variants.ts'

export interface Verdict {
  tone: Tone
  /** "OK", "INVALID", "INTEGRITY VIOLATED": what to show largest. */
  word: string
  /** What the exit code means. */
  exit: string
  /** How many variants, records and thresholds were fine, in one line. */
  summary: string
  /** What faults did, a sentence per client. */
  faults: FaultFinding[]
  findings: Finding[]
}

const exitWords: Readonly<Record<number, string>> = {
  0: 'nothing to object to',
  1: 'bug in kbench',
  2: 'usage or profile',
  3: 'environment',
  4: 'measurement invalid',
  97: 'integrity violated',
  98: 'regression',
  99: 'threshold missed',
  130: 'interrupted',
}

export const exitMeaning = (code: number): string => exitWords[code] ?? 'unknown exit code'

export const mockWarning = 'NOT A KAFKA: a mock cluster. These numbers measure the client alone.'

/** The judgement of a run in words, most important first; thresholds are told apart from it, before it (_threshold-words). */
export function verdictOf(result: RunResult): Verdict {
  const labels = variantLabels(result.variants)
  const findings = [
    ...(result.cluster.provider === 'mock' ? [{ tone: 'warn' as const, about: null, text: mockWarning }] : []),
    ...result.variants.flatMap((variant, at) => aboutVariant(variant, labels[at]!)),
  ]
  const rank = { bad: 0, warn: 1, good: 2 }
  return {
    tone: overallTone(result),
    word: overallWord(result),
    exit: exitMeaning(result.exitCode),
    summary: summaryOf(result),
    faults: faultFindings(result),
    findings: findings
      .map((finding, at) => ({ finding, at, whole: finding.about === null ? 0 : 1 }))
      .sort((a, b) => a.whole - b.whole || rank[a.finding.tone] - rank[b.finding.tone] || a.at - b.at)
      .map(({ finding }) => finding),
  }
}

function summaryOf(result: RunResult): string {
  const { variants, thresholds } = result
  const sum = (of: (variant: Variant) => number) => variants.reduce((total, variant) => total + of(variant), 0)
  const valid = variants.filter((variant) => variant.status === 'ok').length
  const audited = variants.filter((variant) => variant.integrity.verdict !== 'not-audited')
  const held = thresholds.filter((threshold) => threshold.ok).length
  return [
    `${valid} of ${variants.length} variants ok`,
    `${formatCount(sum((variant) => variant.ledger.acked))} of ${formatCount(sum((variant) => variant.ledger.scheduled))} scheduled records acknowledged`,
    audited.length === 0
      ? 'no variant audited'
      : `${formatCount(audited.reduce((lost, variant) => lost + variant.integrity.lost, 0))} lost`,
    ...(thresholds.length === 0 ? [] : [`${held} of ${thresholds.length} thresholds met`]),
  ].join(' · ')
}

export function statusTone(status: Variant['status']): Tone {
  if (status === 'ok') return 'good'
  return status === 'failed' ? 'bad' : 'warn'
}

function overallTone(result: RunResult): Tone {
  if (result.exitCode === 0 && result.status === 'ok') return 'good'
  return [0, 4, 130].includes(result.exitCode) ? 'warn' : 'bad'
}

function overallWord(result: RunResult): string {
  // Stopped where it was told to: nobody interrupted it.
  if (result.status === 'interrupted' && !result.exitCodes.includes(130)) return 'INCOMPLETE'
  if (result.status !== 'ok' && ![97].includes(result.exitCode)) return result.status.toUpperCase()
  return result.exitCode === 0 ? 'OK' : exitMeaning(result.exitCode).toUpperCase()
}

function aboutVariant(variant: Variant, about: string): Finding[] {
  const say = (tone: Tone, text: string): Finding => ({ tone, about, text })
  const reasons = [...new Set([...variant.reasons, ...variant.generator.reasons])]
  const tone = variant.status === 'ok' ? 'warn' : statusTone(variant.status)
  const prefix = variant.status === 'ok' ? '' : `${variant.status}: `
  const status =
    reasons.length > 0
      ? reasons.map((reason) => say(tone, reason.startsWith(variant.status) ? reason : prefix + reason))
      : variant.status === 'ok'
        ? []
        : [say(tone, `${variant.status}, without a reason given`)]
  if (variant.status === 'unsupported') return status
  return [...status, ...aboutRecords(variant, say)]
}

function aboutRecords(variant: Variant, say: (tone: Tone, text: string) => Finding): Finding[] {
  const { ledger, integrity } = variant
  const findings: Finding[] = []
  if (integrity.verdict === 'violated') {
    const lost = integrity.lost > 0 ? [`${formatCount(integrity.lost)} acknowledged records are not in the log`] : []
    // What else retries did is no violation, and told elsewhere.
    const examples = integrity.reasons.filter((reason) => lost.length === 0 || !/^(duplicated|reordered):/.test(reason))
    findings.push(say('bad', `integrity violated: ${[...lost, ...examples].join('; ')}`))
  }
  if (integrity.verdict === 'not-audited') {
    findings.push(
      say('warn', `integrity not audited${integrity.reasons.length > 0 ? `: ${integrity.reasons.join('; ')}` : ''}`),
    )
  }
  if (ledger.scheduled !== ledger.acked + ledger.failed + ledger.unknown + ledger.unsent) {
    findings.push(say('bad', 'the ledger is not closed: scheduled is not acked + failed + unknown + unsent'))
  }
  const open = (['failed', 'unknown', 'unsent'] as const).filter((key) => ledger[key] > 0)
  if (open.length > 0) {
    const counts = open.map((key) => `${formatCount(ledger[key])} ${key}`).join(', ')
    findings.push(say('warn', `of ${formatCount(ledger.scheduled)} scheduled records ${counts}`))
  }
  for (const [group, lag] of Object.entries(variant.lag)) {
    if (lag.endRecords !== null && lag.endRecords > 0) {
      findings.push(say('warn', `group ${group} was still ${formatCount(lag.endRecords)} records behind at the end`))
    }
  }
  return findings
}
