import type { Operation, PermissionNeed, Resource } from '../contracts/permissions.ts'
import type { VariantPlan } from '../contracts/plan.ts'

/**
 * The permissions that a variant uses, in the order of its steps; each operation on a resource once. `createsTopic`: the topic is not there yet.
 * To look at a topic takes Describe, which comes with each other permission on it but Create. Pure.
 */
export function neededPermissions(plan: VariantPlan, createsTopic: boolean): PermissionNeed[] {
  const { names, workers, groups, canary, audit } = plan
  // What every run begins its names with.
  const prefix = names.clients.slice(0, -`${plan.runId}-${plan.index}`.length)
  const topic: Resource = { type: 'topic', name: names.topic, ...(names.ownTopic && { prefix }) }
  const writes = workers.some(({ role }) => role.kind === 'producer')
  const reads = workers.some(({ role }) => role.kind === 'consumer')
  const writing = ['probes', ...(writes ? ['producers'] : []), ...(canary ? ['canary'] : [])]
  const reading = [...(reads ? ['consumers'] : []), ...(writes && audit ? ['audit'] : [])]
  const need = (operation: Operation, resource: Resource, step: string, without: string | null = null) => ({
    ...{ operation, resource, step, without },
  })
  return [
    ...(createsTopic ? [need('Create', topic, 'create the topic')] : []),
    need(
      'DescribeConfigs',
      topic,
      'read the settings of the topic',
      'its size limit, compaction and retention are not known',
    ),
    ...(writes || canary ? [need('Write', topic, `write records: ${writing.join(', ')}`)] : []),
    ...(reading.length > 0 ? [need('Read', topic, `read records: ${reading.join(', ')}`)] : []),
    ...groups.map(({ group }) =>
      need('Read', { type: 'group', name: group, prefix }, 'join the group, commit, sample lag'),
    ),
    ...(createsTopic && names.ownTopic
      ? [need('Delete', topic, 'delete the topic', 'it stays when the run is over')]
      : []),
    ...groups.map(({ group }) =>
      need(
        'Delete',
        { type: 'group', name: group, prefix },
        'delete the group',
        'it stays until the brokers forget its offsets',
      ),
    ),
  ]
}
