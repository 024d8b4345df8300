import type { Role } from '../contracts/api.ts'

export function producerRoles(count: number): Role[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'producer', index }))
}

export function consumerRoles(groups: readonly { group: string; members: number }[]): Role[] {
  return groups.flatMap(({ group, members }) =>
    Array.from({ length: members }, (_, member): Role => ({ kind: 'consumer', group, member })),
  )
}
