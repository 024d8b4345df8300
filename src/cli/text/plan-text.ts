import { formatBytes } from '../../base/units.ts'
import { sessionSeconds, variantSeconds } from '../../profile/estimate.ts'
import type { PlannedVariant } from '../../profile/plan.ts'
import { recordingBytes } from '../../profile/recording-size.ts'
import { cut, plain, wrapped } from '../../reports/_text.ts'
import { variantLabels } from '../../reports/_variants.ts'
import type { RunPlan } from '../../runners/run/run-plan.ts'

/** `done`: ids of variants that an earlier session has run. */
export interface PlanView {
  plan: RunPlan
  done: ReadonlySet<string>
}

/** The most lines of {@link planText}: a terminal of 24 with room for what is printed around it. */
const linesAtMost = 20
const reasonsAtMost = 4

/** The plan in at most 20 lines: how many variants, how long, which, and what is left out and why. Ends with a newline. */
export function planText({ plan, done }: PlanView, columns: number): string {
  const labels = variantLabels(plan.variants).map(plain)
  const left = toRun(plan, done)
  const times = plan.profile.repeat
  const of = times > 1 ? `${plan.variants.length / times} variants × ${times} repetitions, ` : ''
  const finished = plan.variants.filter(({ id }) => done.has(id)).length
  const head = [
    `${plan.profile.name}: ${of}${count(left.length, 'run')}${finished > 0 ? ` left of ${plan.variants.length}` : ''}, about ${durationText(seconds(left))}`,
  ]
  const against = reasons(plan)
  const shownReasons = against.length > reasonsAtMost ? against.slice(0, reasonsAtMost - 1) : against
  const tail = shownReasons.flatMap(({ reason, ids }) =>
    wrapped(`unsupported, ${count(ids.length, 'run')}: ${plain(reason)}`, columns - 2)
      .slice(0, 2)
      .map((line, at) => `${at === 0 ? '! ' : '  '}${line}`),
  )
  if (against.length > shownReasons.length) tail.push(`! and ${against.length - shownReasons.length} more reasons`)
  const list = plan.variants.map((variant, at) => {
    const what = done.has(variant.id) ? '  done' : plan.unsupported.has(variant.id) ? '  unsupported' : ''
    return cut(`${String(at + 1).padStart(4)}  ${labels[at]}${what}`, columns)
  })
  return `${[...head, ...abridged(list, linesAtMost - head.length - tail.length), ...tail].join('\n')}\n`
}

/** "recordings: about 33 KiB, and 55 KiB more while a variant runs": what they will take on the disk. Ends with a newline. */
export function recordingsText({ plan, done }: PlanView): string {
  const sizes = toRun(plan, done).map(({ profile }) => recordingBytes(profile))
  const packed = sizes.reduce((sum, { packedBytes }) => sum + packedBytes, 0)
  const most = sizes.reduce((largest, { plainBytes }) => Math.max(largest, plainBytes), 0)
  return `recordings: about ${formatBytes(packed)}, and ${formatBytes(most)} more while a variant runs\n`
}

/** The same as data; `estimatedS` of what is still to be run. */
export function planData({ plan, done }: PlanView): Record<string, unknown> {
  const left = toRun(plan, done)
  return {
    name: plan.profile.name,
    cluster: plan.profile.cluster,
    combinations: plan.variants.length / plan.profile.repeat,
    repeat: plan.profile.repeat,
    runs: left.length,
    estimatedS: Math.round(seconds(left)),
    recordingBytes: left.reduce((sum, { profile }) => sum + recordingBytes(profile).packedBytes, 0),
    variants: plan.variants.map(({ id, params, repeat, profile }) => ({
      id,
      params,
      repeat,
      status: done.has(id) ? 'done' : plan.unsupported.has(id) ? 'unsupported' : 'planned',
      reason: plan.unsupported.get(id) ?? null,
      estimatedS: done.has(id) || plan.unsupported.has(id) ? 0 : Math.round(variantSeconds(profile)),
    })),
  }
}

const toRun = (plan: RunPlan, done: ReadonlySet<string>): PlannedVariant[] =>
  plan.variants.filter(({ id }) => !done.has(id) && !plan.unsupported.has(id))

const seconds = (variants: readonly PlannedVariant[]): number => sessionSeconds(variants.map(({ profile }) => profile))

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** "40 s", "25 min", "3 h 20 min": as exact as an estimate is. */
export function durationText(s: number): string {
  if (s < 90) return `${Math.round(s)} s`
  const minutes = Math.round(s / 60)
  if (minutes < 90) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** Every reason once, with the variants it is about. */
function reasons({ unsupported }: RunPlan): { reason: string; ids: string[] }[] {
  const byReason = new Map<string, string[]>()
  for (const [id, reason] of unsupported) byReason.set(reason, [...(byReason.get(reason) ?? []), id])
  return [...byReason].map(([reason, ids]) => ({ reason, ids }))
}

/** The first ones and the last two, where all would be too many. */
function abridged(lines: readonly string[], most: number): string[] {
  if (lines.length <= most) return [...lines]
  const last = 2
  const first = most - last - 1
  const left = lines.length - first - last
  return [...lines.slice(0, first), `   …  ${left} more (--dry-run --json has them all)`, ...lines.slice(-last)]
}
