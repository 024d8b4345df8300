import { exitCodes } from '../base/errors.ts'
import { plural } from '../base/plural.ts'
import { formatCount } from '../base/units.ts'
import { settingsOf, settingsOfRun } from '../compare/run-settings.ts'
import { acksOf } from '../compare/used-settings.ts'
import type { FindingCode } from '../contracts/findings.ts'
import type { RunResult, Variant } from '../contracts/result.ts'
import { wasLimited } from '../judge/assemble-run.ts'
import { inOrder } from '../judge/finding-texts.ts'
import { findingsOf } from '../judge/upgrade.ts'
import { type BoundLine, boundLines } from './_bound-words.ts'
import { type FaultFinding, faultFindings } from './_fault-words.ts'
import { type Finding, levelTones, type Tone, toneRank } from './_findings.ts'
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
  /** What is bad first, then failed and unknown records, then the other warnings, then notes. */
  findings: Finding[]
  /** What bound the run; empty = not known. */
  bounds: BoundLine[]
  /** A mock cluster: {@link mockWarning}. */
  isMock: boolean
}

const exitWords: Readonly<Record<number, string>> = {
  0: 'all checks passed',
  1: 'bug in kbench',
  2: 'usage or profile',
  3: 'environment',
  4: 'measurement invalid',
  97: 'integrity violated',
  98: 'regression',
  99: 'threshold missed',
  130: 'interrupted',
}

/** Exit code 99 for a limit alone. */
const isLimited = ({ exitCode, variants, thresholds }: RunResult): boolean =>
  exitCode === exitCodes.threshold && variants.some(wasLimited) && thresholds.every(({ ok }) => ok)

export const exitMeaning = (code: number): string => exitWords[code] ?? 'unknown exit code'

export const mockWarning = 'NOT A KAFKA: a mock cluster. These numbers measure the client alone.'

/** The judgement of a run in words, most important first; thresholds are judged separately, before it (_threshold-words). */
export function verdictOf(result: RunResult): Verdict {
  const labels = variantLabels(result.variants)
  const findings = result.variants.flatMap((variant, at) => aboutVariant(result, variant, labels[at]!))
  return {
    tone: overallTone(result),
    word: overallWord(result),
    exit: isLimited(result) ? 'limit reached' : exitMeaning(result.exitCode),
    summary: summaryOf(result),
    faults: faultFindings(result),
    findings: findings
      .map((finding, at) => ({ finding, at }))
      .sort((a, b) => rank(a.finding) - rank(b.finding) || a.at - b.at)
      .map(({ finding: { tone, about, text } }) => ({ tone, about, text })),
    bounds: boundLines(result),
    isMock: result.cluster.provider === 'mock',
  }
}

interface Ranked extends Finding {
  /** Failed or unknown records: reported before every warning. */
  isMissing: boolean
}

const rank = ({ isMissing, tone }: Ranked): number => toneRank(tone) - (isMissing && tone !== 'bad' ? 0.5 : 0)

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
  // Stopped where the user asked for it: nobody interrupted it.
  if (result.status === 'interrupted' && !result.exitCodes.includes(130)) return 'INCOMPLETE'
  if (result.status !== 'ok' && ![97].includes(result.exitCode)) return result.status.toUpperCase()
  return result.exitCode === 0 ? 'OK' : exitMeaning(result.exitCode).toUpperCase()
}

const missingCodes: readonly FindingCode[] = ['nothing-acknowledged', 'records-failed', 'some-records-failed']

function aboutVariant(result: RunResult, variant: Variant, about: string): Ranked[] {
  const { status } = variant
  const findings = inOrder(findingsOf(variant))
  const codes = findings.map(({ code }) => code)
  const ranked = findings.map(({ code, level, text }): Ranked => {
    const decides = level === status || status === 'unsupported'
    // Of a failed variant everything is bad; the word says what came of it.
    const tone = decides ? statusTone(status) : levelTones[level]
    return {
      tone,
      about,
      // Its own words say that it was interrupted.
      text: decides && code !== 'interrupted' ? `${status}: ${text}` : text,
      isMissing: missingCodes.includes(code),
    }
  })
  const say = (tone: Tone, text: string, isMissing = false): Ranked => ({ tone, about, text, isMissing })
  if (status !== 'ok' && !findings.some(({ level }) => level === status || status === 'unsupported')) {
    ranked.unshift(say(statusTone(status), `${status}, without a reason given`))
  }
  return status === 'unsupported' ? ranked : [...ranked, ...aboutRecords(result, variant, codes, say)]
}

type Say = (tone: Tone, text: string, isMissing?: boolean) => Ranked

/** What the numbers say that no finding does. */
function aboutRecords(result: RunResult, variant: Variant, codes: readonly FindingCode[], say: Say): Ranked[] {
  const { ledger, integrity } = variant
  const findings: Ranked[] = []
  if (integrity.verdict === 'violated') {
    const lost = integrity.lost > 0 ? [`${formatCount(integrity.lost)} acknowledged records are not in the log`] : []
    // Examples are in order, the worst kind first: beside what was lost, what else retries did would hide it.
    const examples = lost.length > 0 ? integrity.reasons.slice(0, Math.min(3, integrity.lost)) : integrity.reasons
    findings.push(say('bad', `integrity violated: ${[...lost, ...examples].join('; ')}`))
  }
  if (integrity.verdict === 'not-audited' && !codes.includes('not-audited')) {
    findings.push(
      say('warn', `integrity not audited${integrity.reasons.length > 0 ? `: ${integrity.reasons.join('; ')}` : ''}`),
    )
  }
  if (ledger.scheduled !== ledger.acked + ledger.failed + ledger.unknown + ledger.unsent) {
    findings.push(say('bad', 'the ledger is not closed: scheduled is not acked + failed + unknown + unsent'))
  }
  const isReported = () => codes.some((code) => missingCodes.includes(code)) || isUnacked(result, variant)
  const open = (['failed', 'unknown', 'unsent'] as const).filter(
    (key) => ledger[key] > 0 && (key === 'unsent' || !isReported()),
  )
  if (open.length > 0) {
    const counts = open.map((key) => `${formatCount(ledger[key])} ${key}`).join(', ')
    const isMissing = open.some((key) => key !== 'unsent')
    findings.push(say('warn', `of ${formatCount(ledger.scheduled)} scheduled records ${counts}`, isMissing))
  }
  for (const [group, lag] of Object.entries(variant.lag)) {
    if (lag.endRecords !== null && lag.endRecords > 0) {
      findings.push(say('warn', `group ${group} was still ${plural(lag.endRecords, 'record')} behind at the end`))
    }
  }
  return findings
}

/** With acks 0 every record is unknown: that is no finding. */
const isUnacked = (result: RunResult, variant: Variant): boolean =>
  acksOf(variant, settingsOf(settingsOfRun(result), variant.params)) === '0'
