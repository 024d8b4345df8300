import { type Finding, type FindingCode, findingLevels } from '../contracts/findings.ts'
import type { ClusterInfo, FaultResult, RunResult, Variant } from '../contracts/result.ts'

// Results with definitions 1 have sentences where later ones have codes and fields. This is the only file that reads meaning from them.

/** The result with findings and the faults' targets as fields, whichever kbench wrote it. Its sentences stay as they are. */
export function upgradeResult(result: RunResult): RunResult {
  if (result.variants.every(isWhole)) return result
  return { ...result, variants: result.variants.map((variant) => upgradeVariant(variant, result.cluster)) }
}

/** The variant's findings, the most important first; of a variant without any, made from its reasons. */
export const findingsOf = (variant: Variant): readonly Finding[] => variant.findings ?? fromReasons(variant)

/** Ids of the brokers that a fault hit; empty = none, or not known. */
export const brokersOf = (fault: FaultResult, cluster: ClusterInfo | null): readonly number[] =>
  fault.brokers ?? brokersIn(fault.target, cluster)

const isWhole = ({ findings, faults }: Variant): boolean =>
  findings !== undefined && faults.every(({ brokers }) => brokers !== undefined)

function upgradeVariant(variant: Variant, cluster: ClusterInfo): Variant {
  return {
    ...variant,
    findings: [...findingsOf(variant)],
    faults: variant.faults.map((fault) => ({
      ...fault,
      brokers: [...brokersOf(fault, cluster)],
      workers: fault.workers ?? [],
      problem: fault.problem === undefined ? (fault.verifiedAtS === null ? 'not-verified' : null) : fault.problem,
    })),
  }
}

/** Sentence → code, as kbench 0.1 wrote them; the first that fits. */
const sentences: readonly [RegExp, FindingCode][] = [
  [/^ended early: /, 'threshold-missed'],
  [/^fault [\w-]+( \(.*\))?: /, 'fault-failed'],
  [/: not seen to have happened within \d+ ms$/, 'fault-failed'],
  [/^(no canary: |the canary ended with )/, 'canary-failed'],
  [/^(producer \d+|member \d+ of |consumer \d+).* ended: /, 'worker-lost'],
  [/: the generator could not keep to its schedule$|^schedule lag p99 /, 'schedule-late'],
  [/: the client's event loop was the limit$/, 'client-busy'],
  [/ negative latencies: the clocks disagree$/, 'negative-latency'],
  [/^warm-up not steady/, 'warm-up-unsteady'],
  [/^saturated: /, 'saturated'],
  [/^not begun$/, 'not-begun'],
  [/^left for a later session$/, 'left-for-later'],
]

function fromReasons(variant: Variant): Finding[] {
  const { status, reasons, generator } = variant
  return [...new Set([...reasons, ...generator.reasons])].map((reason) => {
    const code = codeOf(reason, variant)
    // What made the generator invalid made the variant so; everything else keeps the level of its code.
    const level = code !== 'other' ? findingLevels[code] : status === 'ok' ? 'warning' : levelOf(status)
    const prefix = `${status}: `
    // biome-ignore lint/plugin: this file reads old sentences
    return { code, level, text: reason.startsWith(prefix) ? reason.slice(prefix.length) : reason }
  })
}

function codeOf(reason: string, { status }: Variant): FindingCode {
  if (status === 'unsupported') return 'unsupported'
  // biome-ignore lint/plugin: this file reads old sentences
  const found = sentences.find(([pattern]) => pattern.test(reason))
  if (found) return found[1]
  if (status === 'failed') return 'variant-failed'
  return status === 'interrupted' ? 'interrupted' : 'other'
}

const levelOf = (status: Exclude<Variant['status'], 'ok'>) => (status === 'unsupported' ? 'warning' : status)

/** "broker 2, leader of partition 0", "brokers 1 and 3", "all brokers". */
function brokersIn(target: string, cluster: ClusterInfo | null): number[] {
  if (/^all brokers/.test(target)) return cluster?.brokers.map(({ id }) => id) ?? []
  return [...target.matchAll(/\bbrokers? (\d+(?:(?:, | and )\d+)*)/g)].flatMap((match) =>
    match[1]!.split(/\D+/).map(Number),
  )
}
