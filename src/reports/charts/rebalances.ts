import type { RunResult, Variant } from '../../contracts/result.ts'
import { type Line, type Panels, panels } from './panels.ts'
import type { ChartGroup } from './spec.ts'

/** Share of each group's members that read nothing because of a rebalance. */
export function rebalanceGroup(result: RunResult): ChartGroup {
  const group = panels(result, {
    id: 'rebalances',
    title: 'Members paused by rebalances',
    explanation:
      'Share of a group’s members between revocation and their next record. A member whose pause did not end counts to the end of the run.',
    axis: '% of the members',
    unit: 'percent',
    scale: 'linear',
    times: edgesOf,
    lines: (variant) => linesOf(result, variant),
  } satisfies Panels)
  return { ...group, charts: group.charts.map((chart) => ({ ...chart, y: { ...chart.y, max: 100 } })) }
}

interface Pause {
  group: string
  fromS: number
  toS: number
}

const endOf = (variant: Variant): number => Math.max(0, ...variant.phases.map((phase) => phase.endS))

const pausesOf = (variant: Variant): Pause[] =>
  variant.rebalances.map(({ group, atS, pauseMs }) => ({
    group,
    fromS: atS,
    toS: pauseMs === null ? Math.max(atS, endOf(variant)) : atS + pauseMs / 1000,
  }))

/** The line's corners: just before each change and at it. */
function edgesOf(variant: Variant): number[] {
  const changes = pausesOf(variant).flatMap(({ fromS, toS }) => [fromS, toS])
  if (changes.length === 0) return []
  const corners = changes.flatMap((at) => [Math.max(0, at - 0.001), at])
  return [...new Set([0, ...corners, endOf(variant)])].sort((a, b) => a - b)
}

function linesOf(result: RunResult, variant: Variant): Line[] {
  const pauses = pausesOf(variant)
  const groups = [...new Set(pauses.map(({ group }) => group))].slice(0, 6)
  return groups.map((group, at): Line => {
    const members = membersOf(result, variant, group)
    const ys = edgesOf(variant).map((x) => {
      const paused = pauses.filter((one) => one.group === group && one.fromS <= x && x < one.toS)
      return Math.min(100, (100 * paused.length) / members)
    })
    return { label: group, ys, colour: at, dash: at }
  })
}

/** As the profile says, or as many as were seen in rebalances where that is more. */
function membersOf(result: RunResult, variant: Variant, group: string): number {
  const groups: unknown = result.profile.consumers
  const entry = Array.isArray(groups)
    ? groups.find((one: { group?: unknown } | null) => one?.group === group)
    : undefined
  const asked = Number((entry as { members?: unknown } | undefined)?.members)
  const seen = new Set(variant.rebalances.filter((one) => one.group === group).map(({ member }) => member)).size
  return Math.max(1, seen, Number.isFinite(asked) ? asked : 0)
}
