import type { Latency, RunResult, Variant } from '../contracts/result.ts'

/** What names a variant, planned or run. */
export type Named = Pick<Variant, 'id' | 'params' | 'repeat'>

/** Short names that distinguish the variants of one run: the client, and what varies with it ("kafkajs sendScope=topic"). */
export function variantLabels(variants: readonly Named[]): string[] {
  const keys = [...new Set(variants.flatMap((variant) => Object.keys(variant.params)))]
  const endOf = (key: string) => key.split('.').at(-1)!
  const shortOf = (key: string) => (keys.filter((other) => endOf(other) === endOf(key)).length > 1 ? key : endOf(key))
  const repeated = variants.some((variant) => variant.repeat > 1)
  return variants.map((variant) => {
    const like = variants.filter(({ params }) => params.client === variant.params.client)
    const differing = keys.filter((key) => new Set(like.map(({ params }) => String(params[key]))).size > 1)
    const shown = [...new Set(['client', ...differing])].filter((key) => key in variant.params)
    const words = shown.map((key) => (key === 'client' ? '' : `${shortOf(key)}=`) + String(variant.params[key]))
    return `${words.join(' ') || variant.id}${repeated ? ` #${variant.repeat}` : ''}`
  })
}

/** The labels as parts of file names, each unique. */
export function variantSlugs(variants: readonly Variant[]): string[] {
  const taken = new Set<string>()
  return variantLabels(variants).map((label) => {
    const base = label.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+|-+$/g, '') || 'variant'
    let slug = base
    for (let n = 2; taken.has(slug); n++) slug = `${base}-${n}`
    taken.add(slug)
    return slug
  })
}

/** Some load was meant to be sent: a generator can be judged. */
export const hasBegun = ({ status, ledger }: Variant): boolean =>
  status !== 'unsupported' && !(status === 'interrupted' && ledger.scheduled === 0)

/** Fewer than 10 samples are beyond quantile q: shown, but greyed out (MEASURING, "Time and load"). */
export function isFaint(latency: Latency | null, q: number): boolean {
  return latency !== null && (latency.count + latency.overflow + latency.notAcked) * (1 - q) < 10 - 1e-6
}

/** The broker ids that have any series. */
export function seriesBrokers(variant: Variant): number[] {
  const ids = Object.keys(variant.series.columns).flatMap((name) => /^broker(\d+)CpuPercent$/.exec(name)?.[1] ?? [])
  return ids.map(Number).sort((a, b) => a - b)
}

/** The consumer groups that have a lag timeline: those of the result, whatever their names look like. */
export const lagGroups = (variant: Variant): string[] => {
  const columns = variant.timelines.lag?.columns ?? {}
  return Object.keys(variant.lag).filter((group) => Object.hasOwn(columns, group))
}

/** A column of a group's lag timeline that is one partition's. */
export interface LagPartition {
  column: string
  topic: string
  partition: number
}

/** The partitions of a group: columns "<group>/<topic>-<partition>". Topics have neither "/" nor ":" in their names. */
export function lagPartitions(variant: Variant, group: string): LagPartition[] {
  return Object.keys(variant.timelines.lag?.columns ?? {}).flatMap((column) => {
    if (!column.startsWith(`${group}/`) || Object.hasOwn(variant.lag, column)) return []
    const found = /^([^/:]+)-(\d+)$/.exec(column.slice(group.length + 1))
    return found ? [{ column, topic: found[1]!, partition: Number(found[2]) }] : []
  })
}

/** Files of several runs go into a folder per run, those of one run into no folder. */
export const filePrefix = (result: RunResult, results: readonly RunResult[]): string =>
  results.length > 1 ? `${runFolder(result)}/` : ''

/** The run id as one folder name, whatever a stored file may claim it to be. */
export const runFolder = (result: RunResult): string =>
  result.runId.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^\.+/, '') || 'run'
