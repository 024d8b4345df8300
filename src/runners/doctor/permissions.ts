import type { PermissionNeed } from '../../contracts/api.ts'
import { grantText, isPermissionType, missingText, resourceText } from '../../kafka/missing-permission.ts'
import { type Granted, grantedPermissions } from '../../kafka/permissions.ts'
import { stateRequest } from '../../kafka/state-requests.ts'
import { neededPermissions } from '../../load/needed-permissions.ts'
import { type Check, defineCheck, lines } from './check.ts'
import type { DoctorJob } from './job.ts'
import { topicPlans } from './topic.ts'

export interface FoundPermission {
  need: PermissionNeed
  granted: Granted
}

/** Each permission that the profile's variants use, as the brokers report it for this user. */
export default defineCheck<readonly FoundPermission[]>({
  id: 'permission',
  subject: 'permissions',
  of: 'cluster',

  async look(job) {
    const { brokers } = job.target!
    const needs = await needsOf(job)
    const granted = await grantedPermissions(brokers, needs)
    const found = needs.map((need, at) => ({ need, granted: granted[at] ?? null }))
    return Promise.all(found.map((each) => (each.need.operation === 'Create' ? tried(each, job) : each)))
  },

  judge: (found): Check[] => found.map(ofPermission),
})

/** Of all variants together, each once; where one variant needs what another can do without, it is needed. */
async function needsOf({ plans, target }: DoctorJob): Promise<PermissionNeed[]> {
  const { brokers } = target!
  const missing = new Map<string, boolean>()
  for (const name of new Set(plans.map(({ names }) => names.topic))) {
    const { error } = await brokers.any((connection) => connection.send(stateRequest(name)))
    missing.set(name, error !== 0)
  }
  const all = plans.flatMap((plan) => {
    const creates = missing.get(plan.names.topic)! && plan.fill?.existing !== true
    return neededPermissions(plan, creates)
  })
  const byName = new Map<string, PermissionNeed>()
  for (const need of all) {
    const name = `${need.operation} ${resourceText(need.resource)}`
    const known = byName.get(name)
    // Of two steps the longer one.
    if (known === undefined || known.step.length < need.step.length) byName.set(name, need)
  }
  return [...byName.values()]
}

/** Create may come with the topic or with the cluster; a request that only validates the topic decides it. */
async function tried(found: FoundPermission, job: DoctorJob): Promise<FoundPermission> {
  const plan = topicPlans(job).find(({ names }) => names.topic === found.need.resource.name)
  if (!plan) return found
  const refused = await job.target!.dryCreate({ ...plan.topic, name: plan.names.topic })
  return { ...found, granted: !isPermissionType(refused?.type ?? null) }
}

function ofPermission({ need, granted }: FoundPermission): Check {
  const { ok, warning, failure, unknown } = lines('permission')
  const subject = `${need.operation} on ${resourceText(need.resource)}`
  if (granted === true) return ok(subject, `granted (${need.step})`)
  if (granted === null) {
    const isGroup = need.resource.type === 'group'
    const why = isGroup
      ? 'no broker coordinates the group yet, or it does not report this'
      : 'the brokers do not report it (they do from Kafka 2.3 on)'
    return unknown(subject, `${why} (${need.step})`)
  }
  if (need.without === null) return failure(subject, `${missingText(need)} (${need.step})`, grantText(need))
  return warning(subject, `${missingText(need)} (${need.step}): ${need.without}`, grantText(need))
}
