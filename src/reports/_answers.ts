import { formatCount, formatMicros } from '../base/units.ts'
import type { FindMaxSearch, RunResult, Variant } from '../contracts/result.ts'
import { boundWords } from '../judge/finding-texts.ts'
import { sharedLimit } from './_bound-words.ts'
import { type Answer, comparisonAnswers } from './_comparison-answers.ts'
import { confirmedOnly } from './_confirmed.ts'
import { faultFindings, faultsLine } from './_fault-words.ts'
import { timesText } from './_questions.ts'
import { cut } from './_text.ts'
import { thresholdText, thresholdWords } from './_threshold-words.ts'
import { variantLabels } from './_variants.ts'
import { verdictOf } from './_verdict.ts'

const listedAtMost = 3
const textAtMost = 200

/** The answers of a run, in the order in which readers ask; `baseline` is the client that the others are compared with. */
export function answersOf(whole: RunResult, baseline?: string): Answer[] {
  const result = confirmedOnly(whole)
  if (whole.variants.length === 0) return []
  const faults = faultFindings(result)
  return [
    ...(whole.findMax ? maximumAnswers(whole.findMax.searches, whole.findMax.sloUs, baseline) : []),
    ...(whole.findMax ? [] : comparisonAnswers(result, baseline)),
    ...(faults.length === 0
      ? []
      : [
          {
            question: 'What did the faults do?',
            text: `${faultsText(result)}. ${listed(faults.map(({ about, text }) => `${about}: ${text}`))}`,
            tone: faults.some(({ tone }) => tone === 'bad') ? ('bad' as const) : ('note' as const),
          },
        ]),
    lossAnswer(result.variants.length > 0 ? result : whole),
    ...boundAnswer(result),
    ...thresholdAnswer(result),
    ...otherAnswer(result),
  ]
}

/** "kill-broker: broker 2, 30 s into the measurement, over after 60 s; in the charts from 40 s on". */
function faultsText(result: RunResult): string {
  const all = result.variants.flatMap((variant) => variant.faults)
  const starts = new Set(all.map(({ injectedAtS }) => Math.round(injectedAtS)))
  const [only] = starts
  return `${faultsLine(result)}${starts.size === 1 ? `; in the charts from ${only} s on` : ''}`
}

/** At most three of them in full; how many more there are. */
const listed = (texts: readonly string[]): string =>
  texts.length <= listedAtMost
    ? texts.join('. ')
    : `${texts.slice(0, listedAtMost).join('. ')}. And ${texts.length - listedAtMost} more below`

function maximumAnswers(searches: readonly FindMaxSearch[], sloUs: number, baseline: string | undefined): Answer[] {
  const base = searches.find(({ params }) => params.client === baseline) ?? searches[0]
  const best = [...searches].sort((a, b) => (b.confirmedPerSec ?? 0) - (a.confirmedPerSec ?? 0))[0]
  if (!base || !best) return []
  const name = ({ params }: FindMaxSearch) => Object.values(params).join(' ')
  const question = 'What is the highest rate?'
  if (best.confirmedPerSec === null) return [{ question, text: 'No rate was confirmed', tone: 'warn' }]
  const rival = best === base ? searches.find((one) => one !== best) : base
  const against =
    !rival || rival.confirmedPerSec === null
      ? rival
        ? `; no rate of ${name(rival)} was confirmed`
        : ''
      : `, ${timesText(best.confirmedPerSec / rival.confirmedPerSec)} that of ${name(rival)} (${formatCount(rival.confirmedPerSec)}); one search each`
  const text = `${name(best)} sustains ${formatCount(best.confirmedPerSec)} records/s at a response p99 of at most ${formatMicros(sloUs)}${against}`
  return [{ question, text, tone: 'note' }]
}

function lossAnswer(result: RunResult): Answer {
  const question = 'What was lost?'
  const labels = variantLabels(result.variants)
  const audited = result.variants.filter(({ integrity }) => integrity.verdict !== 'not-audited')
  const missed = result.variants.filter(({ status }) => status !== 'unsupported').length - audited.length
  if (audited.length === 0) return { question, text: 'Not known: no variant was audited', tone: 'warn' }
  const lost = result.variants.flatMap((variant, at) =>
    variant.integrity.verdict !== 'not-audited' && variant.integrity.lost > 0
      ? [
          `${labels[at]} lost ${formatCount(variant.integrity.lost)} of ${formatCount(variant.ledger.acked)} acknowledged records${duringFaults(variant)}`,
        ]
      : [],
  )
  const rest = missed > 0 ? `. ${missed} of ${missed + audited.length} variants were not audited` : ''
  if (lost.length > 0) return { question, text: listed(lost) + rest, tone: 'bad' }
  const acked = audited.reduce((sum, { ledger }) => sum + ledger.acked, 0)
  if (acked === 0) return { question, text: 'Not known: no record was acknowledged', tone: 'warn' }
  const violated = audited.some(({ integrity }) => integrity.verdict === 'violated')
  return {
    question,
    text: `Nothing: all ${formatCount(acked)} acknowledged records are in the log${violated ? ', but integrity is violated otherwise (see the findings)' : ''}${openText(audited)}${rest}`,
    tone: violated ? 'bad' : missed > 0 ? 'warn' : 'good',
  }
}

function duringFaults({ faults }: Variant): string {
  if (faults.length === 0) return ''
  const s = (at: number) => `${Number(at.toFixed(1))} s`
  const [first] = faults
  return ` (${first!.use} from ${s(first!.injectedAtS)}${first!.healedAtS === null ? '' : ` to ${s(first!.healedAtS)}`}${faults.length > 1 ? `, and ${faults.length - 1} more faults` : ''})`
}

function openText(variants: readonly Variant[]): string {
  const failed = variants.reduce((sum, { ledger }) => sum + ledger.failed, 0)
  const unsent = variants.reduce((sum, { ledger }) => sum + ledger.unsent, 0)
  const parts = [
    ...(failed > 0 ? [`${formatCount(failed)} refused`] : []),
    ...(unsent > 0 ? [`${formatCount(unsent)} never sent`] : []),
  ]
  return parts.length === 0 ? '' : `; of those due, ${parts.join(' and ')}`
}

/** What bound how many variants, the most frequent first. */
function boundAnswer(result: RunResult): Answer[] {
  const known = result.variants.flatMap(({ bound, params }) =>
    bound && bound.by.length > 0 && !bound.by.includes('unknown')
      ? [{ by: bound.by, client: String(params.client) }]
      : [],
  )
  const question = 'What bound it?'
  if (known.length === 0) {
    const isJudged = result.variants.some(({ bound }) => bound !== undefined && bound !== null)
    const why = isJudged ? 'nothing that was observed was at its limit' : 'this result does not say'
    return [{ question, text: `Not known: ${why}`, tone: 'note' }]
  }
  if (known.every(({ by }) => by.length === 1 && by[0] === 'schedule') && known.length === result.variants.length)
    return [
      {
        question,
        text: `The schedule: ${clientsText(known)} kept up with it, and nothing else was at its limit. This is no highest rate`,
        tone: 'note',
      },
    ]
  const causes = new Map<string, { count: number; clients: Set<string> }>()
  for (const { by, client } of known) {
    const words = boundWords(by)
    const cause = causes.get(words) ?? { count: 0, clients: new Set() }
    causes.set(words, { count: cause.count + 1, clients: cause.clients.add(client) })
  }
  const clients = new Set(known.map(({ client }) => client))
  const all = [...causes].sort(([, a], [, b]) => b.count - a.count)
  const texts = all.map(([words, { count, clients: some }]) => {
    if (all.length === 1) return clients.size > 1 ? `all clients by ${words}` : words
    return result.variants.length <= clients.size
      ? `${[...some].join(' and ')} by ${words}`
      : `${count} of ${result.variants.length} variants by ${words}`
  })
  const shared = sharedLimit(result).map(({ text }) => `; ${text}`)
  const tone = shared.length === 0 ? 'note' : 'warn'
  return [{ question, text: capital(texts.slice(0, listedAtMost).join(', ')) + shared.join(''), tone }]
}

const clientsText = (known: readonly { client: string }[]): string =>
  new Set(known.map(({ client }) => client)).size > 1 ? 'all clients' : known[0]!.client

/** What a reader has to know besides: the findings that are no note, the worst first. */
function otherAnswer(result: RunResult): Answer[] {
  const findings = verdictOf(result).findings.filter(({ tone }) => tone === 'bad' || tone === 'warn')
  if (findings.length === 0) return []
  const texts = [...new Set(findings.map(({ about, text }) => (about === null ? text : `${about}: ${text}`)))]
  const tone = findings.some((finding) => finding.tone === 'bad') ? 'bad' : 'warn'
  return [{ question: 'What else to know?', text: listed(texts.map((text) => cut(text, textAtMost))), tone }]
}

function thresholdAnswer(result: RunResult): Answer[] {
  if (result.thresholds.length === 0) return []
  const missed = thresholdWords(result).filter(({ outcome }) => !outcome.ok)
  const question = 'Were the thresholds met?'
  if (missed.length === 0) return [{ question, text: `Yes, all ${result.thresholds.length}`, tone: 'good' }]
  const texts = missed.map((one) => `${one.about}: ${thresholdText(one)}`)
  return [
    {
      question,
      text: `No, ${missed.length} of ${result.thresholds.length} were missed. ${listed(texts)}`,
      tone: 'bad',
    },
  ]
}

/** The names of clients stay as they are. */
const capital = (text: string): string =>
  /^(all clients|the) /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
