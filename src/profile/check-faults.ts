import type { FaultSubject, FaultTarget } from '../contracts/api.ts'
import type { KnownNames } from './check-names.ts'
import { type Finding, fault } from './issues.ts'
import type { Path } from './paths.ts'
import type { FaultProfile, Profile } from './schema.ts'

/** Faults: their own options, whether their target is of the right kind and there, and whether there is time for them. */
export function checkFaults(profile: Profile, known: KnownNames): Finding[] {
  return profile.faults.flatMap((entry, index) => {
    const path = (key: string): Path => ['faults', index, key]
    return [
      ...checkTimes(profile, entry, path),
      ...checkTarget(profile, entry, known, path),
      ...checkOptions(entry, index, known),
    ]
  })
}

/** Keys of a fault that are not its own options. */
export const commonFaultKeys = ['use', 'at', 'for', 'every', 'target'] as const

export function faultOptions(entry: FaultProfile): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !commonFaultKeys.includes(key as 'use')))
}

/** Of one entry. A report has a table for each. */
const occurrencesAtMost = 1000

function checkTimes({ phases }: Profile, entry: FaultProfile, path: (key: string) => Path): Finding[] {
  const findings: Finding[] = []
  const measure: Path[] = [['phases', 'measure']]
  if (entry.at >= phases.measure) {
    findings.push(fault(path('at'), `is after the end of the measurement, which takes ${phases.measure}ms`, measure))
  } else if (entry.for !== undefined && entry.at + entry.for > phases.measure) {
    findings.push(
      fault(path('for'), `at + for is after the end of the measurement, which takes ${phases.measure}ms`, measure),
    )
  }
  if (entry.every !== undefined && entry.for === undefined) {
    findings.push(fault(path('every'), 'needs for: how long each time', [path('use')]))
  } else if (entry.every !== undefined && entry.for !== undefined && entry.every <= entry.for) {
    findings.push(fault(path('every'), `expected more than for (${entry.for}ms)`, [path('for')]))
  } else if (entry.every !== undefined && (phases.measure - entry.at) / entry.every > occurrencesAtMost) {
    const message = `is too short: the measurement holds it more than ${occurrencesAtMost} times`
    findings.push(fault(path('every'), message, measure))
  }
  return findings
}

/** `constructor` is a key of every object, and no fault. */
const ownOf = <T>(map: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined

/** The kind of thing a target names; null = any (random, all). */
function subjectOf(target: FaultTarget): FaultSubject | null {
  if (target === 'random' || target === 'all') return null
  if (target === 'controller') return 'broker'
  if ('member' in target) return 'consumer'
  return 'producer' in target ? 'producer' : 'broker'
}

function checkTarget(profile: Profile, entry: FaultProfile, known: KnownNames, path: (key: string) => Path): Finding[] {
  const { target, use } = entry
  const about = ownOf(known.faults, use)
  if (target === undefined || !about) return []
  if (!about.hasTarget)
    return [{ path: path('target'), of: 'key', message: `${use} takes no target`, uses: [path('use')] }]
  const subject = subjectOf(target)
  if (subject !== null && subject !== about.on) {
    return [fault(path('target'), `names a ${subject}, and ${use} is for a ${about.on}`, [path('use')])]
  }
  if (typeof target === 'string') return []
  const partition = 'leaderOf' in target ? target.leaderOf : 'followerOf' in target ? target.followerOf : null
  if (partition !== null && profile.topic.name === undefined && partition >= profile.topic.partitions) {
    const message = `there is no partition ${partition}, topic.partitions is ${profile.topic.partitions}`
    return [fault(path('target'), message, [['topic', 'partitions']])]
  }
  if ('producer' in target && target.producer >= profile.producers.count) {
    const message = `there is no producer ${target.producer}, producers.count is ${profile.producers.count}`
    return [fault(path('target'), message, [['producers', 'count']])]
  }
  const name =
    'member' in target
      ? (target.group ?? profile.consumers[0]?.group)
      : 'coordinatorOf' in target
        ? target.coordinatorOf
        : null
  if (name === null) return []
  const group = profile.consumers.find((candidate) => candidate.group === name)
  if (!group) return [fault(path('target'), `there is no group "${name ?? ''}" among the consumers`, [['consumers']])]
  if ('member' in target && target.member >= group.members) {
    return [
      fault(path('target'), `there is no member ${target.member}, group ${group.group} has ${group.members}`, [
        ['consumers'],
      ]),
    ]
  }
  return []
}

function checkOptions(entry: FaultProfile, index: number, known: KnownNames): Finding[] {
  const about = ownOf(known.faults, entry.use)
  if (!about) return []
  const parsed = about.options.safeParse(faultOptions(entry))
  if (parsed.success) return []
  return parsed.error.issues.flatMap((issue): Finding[] => {
    const path: Path = ['faults', index, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], of: 'key', message: `is no option of ${entry.use}` }))
    }
    return [fault(path, issue.message, [['faults', index, 'use']])]
  })
}
