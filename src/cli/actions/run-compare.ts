import { createHash } from 'node:crypto'
import { dirname, extname } from 'node:path'
import { exitCodes, KbenchError } from '../../base/errors.ts'
import { suggestion } from '../../base/suggest.ts'
import { toBaseline } from '../../compare/baseline.ts'
import { type Comparison, compareRuns } from '../../compare/compare-runs.ts'
import { type ComparedRun, groupsOf } from '../../compare/compared-run.ts'
import { metricPaths } from '../../compare/metric.ts'
import { compareJson } from '../../reports/compare/json.ts'
import { compareTable } from '../../reports/compare/terminal.ts'
import { compareCsv, compareJunit, compareMarkdown } from '../../reports/compare/text-files.ts'
import { metricName, notMeasuredText, sideNames, verdictSentence } from '../../reports/compare/words.ts'
import { usualMetrics } from '../commands/usual-metrics.ts'
import { hasColour } from '../outputs.ts'
import { shownLine } from '../text/shown-line.ts'
import { readCompared, type StoredRun } from './read-compared.ts'
import { writeNamedFile } from './write-file.ts'

export interface CompareCommandOptions {
  across: string[]
  allowEnvironment?: true
  metric?: string[]
  gate?: true | string[]
  noise?: number
  calibration?: string
  json?: true
  format?: 'json' | 'markdown' | 'csv' | 'junit'
  html?: string
  out: string[]
  saveBaseline?: string
}

const usualNoise = 0.05

/** Compares, prints, writes what was asked for; resolves to the exit code. */
export async function compare(paths: readonly string[], options: CompareCommandOptions): Promise<number> {
  const render = { ...renderers, html: pageOf }
  if (options.json && options.format !== undefined && options.format !== 'json') {
    throw new KbenchError('usage', `--json and --format ${options.format}: stdout takes one`, {
      hint: '--out FILE writes others',
    })
  }
  const outputs = [...options.out, ...(options.html === undefined ? [] : [options.html])].map((file) => ({
    file,
    format: options.html === file ? 'html' : formatOf(file),
  }))
  const stored = await readCompared(paths)
  if (options.saveBaseline !== undefined) return saveBaseline(stored, options.saveBaseline)
  const gated = typeof options.gate === 'object' ? options.gate.flatMap((text) => text.split(',')) : null
  const { metric: metrics, ...rest } = options
  const comparison = await comparisonOf(stored, { ...rest, ...(metrics && { metrics }), gated })
  for (const { file, format } of outputs) await writeNamedFile(file, await render[format](comparison, stored, file))
  process.stdout.write(await render[options.json ? 'json' : (options.format ?? 'terminal')](comparison))
  return options.gate === undefined ? exitCodes.ok : judgeGate(comparison)
}

export interface ComparisonOptions {
  across?: readonly string[]
  allowEnvironment?: boolean
  metrics?: readonly string[]
  /** null = the usual metrics. */
  gated?: readonly string[] | null
  noise?: number
  calibration?: string
}

/** The comparison alone. Throws `usage` for metrics that no result has, and for runs that cannot be compared. */
export async function comparisonOf(stored: readonly StoredRun[], options: ComparisonOptions): Promise<Comparison> {
  const runs = stored.map(({ run }) => run)
  const { gated = null } = options
  return compareRuns(runs, {
    across: options.across ?? [],
    allowEnvironment: options.allowEnvironment === true,
    metrics: checked(options.metrics ?? usualMetrics(runs), runs),
    gate: gated && checked(gated, runs),
    noise: await noiseOf(options, runs),
  })
}

type Render = (comparison: Comparison) => string
const renderers = {
  json: compareJson,
  markdown: compareMarkdown,
  csv: compareCsv,
  junit: compareJunit,
  text: (comparison) => compareTable(comparison, { columns: 80, color: false }),
  terminal: (comparison) => {
    const { stdout } = process
    const color = hasColour(stdout)
    return compareTable(comparison, { columns: stdout.isTTY ? stdout.columns : 80, color })
  },
} satisfies Record<string, Render>

async function pageOf(comparison: Comparison, stored: readonly StoredRun[], file: string): Promise<string> {
  const { comparePage } = await import('../../reports/compare/page.ts')
  const { relative } = await import('node:path')
  return comparePage(comparison, (run: ComparedRun) => {
    const directory = stored.find((one) => one.run === run)?.directory ?? null
    return directory === null ? null : relative(dirname(file), directory).split('\\').join('/') || '.'
  })
}

const formatsByEnding = {
  '.html': 'html',
  '.json': 'json',
  '.md': 'markdown',
  '.csv': 'csv',
  '.xml': 'junit',
  '.txt': 'text',
} as const

function formatOf(file: string): (typeof formatsByEnding)[keyof typeof formatsByEnding] {
  const ending = extname(file).toLowerCase()
  if (Object.hasOwn(formatsByEnding, ending)) return formatsByEnding[ending as keyof typeof formatsByEnding]
  throw new KbenchError(
    'usage',
    `--out ${file}: expected a file that ends in ${Object.keys(formatsByEnding).join(', ')}`,
  )
}

function checked(metrics: readonly string[], runs: readonly ComparedRun[]): string[] {
  const known = metricPaths(groupsOf(runs))
  const unknown = metrics.filter((metric) => !known.includes(metric))
  if (unknown.length === 0) return [...metrics]
  throw new KbenchError('usage', `${unknown.join(', ')}: no number of a result`, {
    hint: `${suggestion(unknown[0]!, known).replace(/^one of: .*/, 'see docs/profiles.md, Thresholds, for their names')}`,
  })
}

async function noiseOf(options: ComparisonOptions, runs: readonly ComparedRun[]): Promise<(metric: string) => number> {
  const least = options.noise
  if (options.calibration === undefined) return () => least ?? usualNoise
  const { readCalibration } = await import('./read-calibration.ts')
  const noise = await readCalibration(options.calibration, options.allowEnvironment === true ? [] : runs)
  // What the user gives is the least that counts.
  return (metric) => Math.max(least ?? 0, noise(metric) ?? usualNoise)
}

/** What a gate objects to, a sentence each. */
export interface GateVerdict {
  /** 98 where a gated metric is worse, 4 where one cannot be judged: a gate that cannot fail would be none. */
  exitCode: 0 | 4 | 98
  worse: string[]
  inconclusive: string[]
  unmeasured: string[]
}

function judgeGate(comparison: Comparison): number {
  const { exitCode, worse, inconclusive, unmeasured } = gateVerdict(comparison)
  for (const each of [...worse, ...inconclusive, ...unmeasured])
    process.stderr.write(shownLine(`kbench: gate: ${each}`))
  return exitCode
}

export function gateVerdict({ pairs, unjudged }: Comparison): GateVerdict {
  const gated = pairs.flatMap((pair) => pair.metrics.filter((one) => one.gated).map((one) => ({ pair, one })))
  const sentence = ({ pair, one }: (typeof gated)[number]) =>
    `${sideNames(pair).other}: ${metricName(one.metric)} ${verdictSentence(one)}`
  const worse = gated.filter(({ one }) => one.verdict === 'worse').map(sentence)
  const inconclusive = gated.filter(({ one }) => one.verdict === 'inconclusive').map(sentence)
  const unmeasured = [
    ...unjudged,
    ...pairs.flatMap((pair) =>
      pair.unmeasured
        .filter((metric) => pair.gate.includes(metric))
        .map((metric) => `${sideNames(pair).other}: ${metricName(metric)} ${notMeasuredText(pair, metric)}`),
    ),
  ]
  const isOpen = inconclusive.length + unmeasured.length > 0
  const exitCode = worse.length > 0 ? exitCodes.regression : isOpen ? exitCodes.invalid : exitCodes.ok
  return { exitCode, worse, inconclusive, unmeasured }
}

async function saveBaseline(stored: readonly StoredRun[], file: string): Promise<number> {
  if (stored.length !== 1) throw new KbenchError('usage', '--save-baseline takes one run')
  const { run } = stored[0]!
  if (!run.variants.some(({ status }) => status === 'ok')) {
    throw new KbenchError('invalid', `${run.label} has no valid variant, and makes no baseline`)
  }
  const digest = (text: string) => createHash('sha256').update(text).digest('hex')
  await writeNamedFile(file, `${JSON.stringify(toBaseline(run, digest), null, 1)}\n`)
  process.stderr.write(shownLine(`wrote ${file}; compare with it: kbench compare ${file} RUN`))
  return exitCodes.ok
}
