import { suggestion } from '../base/suggest.ts'
import { type Finding, fault } from './issues.ts'
import type { Cell } from './matrix.ts'
import type { Path } from './paths.ts'
import type { Profile, ThresholdProfile } from './schema.ts'
import {
  appliesTo,
  expressionOf,
  hasWindows,
  missesForGood,
  type ThresholdEntry,
  thresholdEntry,
} from './threshold-entry.ts'

const phasesUsed: Path[] = [['phases'], ['phases', 'measure']]

/** What is wrong with the thresholds and what they ask of the rest of the profile. */
export function checkThresholds({ thresholds, consumers, faults, phases }: Profile): Finding[] {
  const groups = consumers.map(({ group }) => group)
  const groupsUsed: Path[] = [['consumers'], ...groups.map((_, index) => ['consumers', index, 'group'])]
  const keys = thresholds.map(keyOf)
  return thresholds.flatMap((written, index) => {
    const at: Path = ['thresholds', index]
    const expression = expressionOf(written)
    const own: Path = typeof written === 'string' ? at : [...at, 'threshold']
    const entry = thresholdEntry(written, groups)
    if (typeof entry === 'string') return [fault(own, entry, expression.trim().startsWith('lag.') ? groupsUsed : [])]
    const twice = keys.indexOf(keys[index]!) < index
    if (twice) return [fault(own, `"${expression.trim()}" is listed twice`)]
    const head = entry.path[0]!
    if (['consume', 'rebalances'].includes(head) && groups.length === 0) {
      return [fault(own, `${head}.* needs consumers, and the profile has none`, groupsUsed)]
    }
    if (head === 'faults' && faults.length === 0) {
      return [fault(own, 'faults.* needs faults, and the profile has none', [['faults']])]
    }
    return typeof written === 'string'
      ? []
      : [...checkWindow(at, entry, phases), ...checkAbort(at, entry, written, phases)]
  })
}

/** Same condition, same windows, same variants. */
function keyOf(entry: ThresholdProfile): string {
  const [window, variant] = typeof entry === 'string' ? [undefined, {}] : [entry.window, entry.variant]
  const words = Object.entries(variant).map(([key, value]) => `${key}=${value}`)
  return JSON.stringify([expressionOf(entry).replace(/\s+/g, ''), window, words.sort()])
}

function checkWindow(at: Path, entry: ThresholdEntry, phases: Profile['phases']): Finding[] {
  const { windowS } = entry
  const path: Path = [...at, 'window']
  if (windowS === null) return []
  if (!Number.isInteger(windowS) || windowS < 1) return [fault(path, 'expected whole seconds, 1s or more')]
  if (!hasWindows(entry)) {
    const message = `${entry.path.join('.')} is one number for the whole run and has no windows, see docs/profiles.md, Thresholds`
    return [{ path, of: 'key', message }]
  }
  if (windowS * 1000 <= phases.measure) return []
  return [fault(path, `is longer than phases.measure, which is ${phases.measure / 1000}s`, phasesUsed)]
}

function checkAbort(at: Path, entry: ThresholdEntry, written: ThresholdProfile, phases: Profile['phases']): Finding[] {
  const { abortOnFail, windowS, delayS } = entry
  const delay: Path = [...at, 'delayAbortEval']
  const isDelayed = typeof written === 'object' && written.delayAbortEval !== undefined
  if (!abortOnFail) return isDelayed ? [{ path: delay, of: 'key', message: 'needs abortOnFail: true' }] : []
  if (isDelayed && delayS * 1000 >= phases.measure) {
    return [fault(delay, `expected less than phases.measure, which is ${phases.measure / 1000}s`, phasesUsed)]
  }
  if (windowS !== null || missesForGood(entry) || (hasWindows(entry) && isDelayed)) return []
  const path: Path = [...at, 'abortOnFail']
  const name = entry.path.join('.')
  if (!hasWindows(entry)) return [fault(path, `${name} is known only when the variant is over`)]
  return [fault(path, `${name} may recover: give delayAbortEval, from when on its value so far counts, or a window`)]
}

/** Thresholds for variants that there are not; known only once the combinations are. */
export function checkThresholdVariants({ thresholds }: Profile, cells: readonly Pick<Cell, 'params'>[]): Finding[] {
  const keys = [...new Set(cells.flatMap(({ params }) => Object.keys(params)))]
  return thresholds.flatMap((entry, index) => {
    if (typeof entry === 'string') return []
    const wrong = Object.entries(entry.variant).flatMap(([key, value]): Finding[] => {
      const path: Path = ['thresholds', index, 'variant', key]
      if (!keys.includes(key)) {
        return [{ path, of: 'key', message: `does not vary in this profile, ${suggestion(key, keys)}` }]
      }
      const values = [...new Set(cells.map(({ params }) => params[key]))]
      if (values.includes(value)) return []
      const near = typeof value === 'string' ? suggestion(value, values.map(String)) : `one of: ${values.join(', ')}`
      return [fault(path, `no variant has ${key}=${value}, ${near}`)]
    })
    if (wrong.length > 0 || cells.some(({ params }) => appliesTo(entry, params))) return wrong
    return [fault(['thresholds', index, 'variant'], 'no variant has all of these, the combination is left out')]
  })
}
