import { formatBytes } from '../../base/units.ts'
import type { Network } from '../../contracts/api.ts'
import { isPermissionRefusal } from '../../kafka/missing-permission.ts'
import { type Quota, type QuotaEntity, type QuotaFilter, quotasRequest } from '../../kafka/permission-requests.ts'
import { meanRecordBytes } from '../../profile/record-bytes.ts'
import { meanRate } from '../../profile/schedule-of.ts'
import { type Check, defineCheck, lines } from './check.ts'
import type { DoctorJob } from './job.ts'

/** What one worker sends or takes at one broker. */
export interface WorkerRate {
  clientId: string
  /** producer_byte_rate or consumer_byte_rate, which brokers count each for itself. */
  kind: 'producer_byte_rate' | 'consumer_byte_rate'
  /** null = as much as it can. */
  bytesPerSec: number | null
}

export interface FoundQuotas {
  /** null = the brokers know the user by a name that is not known here. */
  user: string | null
  /** null = may not be asked. */
  quotas: readonly Quota[] | null
  workers: readonly WorkerRate[]
}

/** Quotas of this user and these client ids against the profile's rate. */
export default defineCheck<FoundQuotas>({
  id: 'quota',
  subject: 'quotas',
  of: 'cluster',

  async look(job) {
    const { brokers, network } = job.target!
    const user = userOf(network)
    const count = (await brokers.metadata([])).brokers.length
    const found = { user, workers: workerRates(job, count) }
    try {
      const all = await Promise.all(
        filtersFor(user).map(({ filters, strict }) =>
          brokers.any((connection) => connection.send(quotasRequest(filters, strict))),
        ),
      )
      return { ...found, quotas: all.flat() }
    } catch (error) {
      if (isPermissionRefusal(error)) return { ...found, quotas: null }
      throw error
    }
  },

  judge({ user, quotas, workers }): Check[] {
    const { ok, warning, unknown } = lines('quota')
    if (quotas === null) {
      const remedy = 'grant DescribeConfigs on the cluster, or ask who runs it'
      return [unknown('quotas', 'may not be asked: permission DescribeConfigs on the cluster is missing', remedy)]
    }
    const whose = user === null ? ' of all users (the brokers’ name of this one is not known here)' : ` of ${user}`
    const found = (['producer_byte_rate', 'consumer_byte_rate'] as const).flatMap((kind): Check[] => {
      const subject = `quota ${kind}${whose}`
      const tightest = loads(
        quotas,
        workers.filter((worker) => worker.kind === kind),
        user,
      )[0]
      if (!tightest) return []
      const { limit, bytesPerSec, entity } = tightest
      const has = `${formatBytes(limit)}/s at each broker, for ${entity}`
      if (bytesPerSec === null) return [unknown(subject, `${has}; at rate max the load may reach it`)]
      const text = `${has}; the profile takes ${formatBytes(Math.round(bytesPerSec))}/s of it`
      return [
        bytesPerSec > limit
          ? warning(subject, `${text}: brokers will throttle it`, 'lower load.rate, or have the quota raised')
          : ok(subject, text),
      ]
    })
    return found.length === 0 ? [ok('quotas', `none${whose} on what these client ids write and read`)] : found
  },
})

/** The user as brokers name it: with passwords the name, without a login ANONYMOUS; by certificate or token their rules decide. */
export function userOf({ security }: Network): string | null {
  if (security?.sasl) return 'username' in security.sasl ? security.sasl.username : null
  return security?.tls?.cert === undefined ? 'ANONYMOUS' : null
}

/** All quotas that may apply, without those of other users. */
function filtersFor(user: string | null): { filters: QuotaFilter[]; strict: boolean }[] {
  return [
    ...(user === null ? [] : [{ filters: [{ type: 'user', name: user } as const], strict: false }]),
    { filters: [{ type: 'user', name: null }], strict: false },
    { filters: [{ type: 'client-id', name: 'any' }], strict: true },
  ]
}

/** Of the variant that asks for most. Leaders are taken to be spread evenly. */
function workerRates({ plans, run }: DoctorJob, brokers: number): WorkerRate[] {
  const rated = plans.map((plan) => {
    const { profile } = run.variants.find(({ id }) => id === plan.id)!
    const rate = plan.fill ? null : meanRate(profile)
    const perBroker = rate === null ? null : (rate * meanRecordBytes(profile.load.record)) / Math.max(1, brokers)
    const workers = plan.workers.map(({ clientId, role }): WorkerRate => {
      const kind = role.kind === 'producer' ? 'producer_byte_rate' : 'consumer_byte_rate'
      // Each group reads everything.
      const sharers = plan.workers.filter(({ role: other }) =>
        role.kind === 'producer' ? other.kind === 'producer' : other.kind === 'consumer' && other.group === role.group,
      ).length
      return { clientId, kind, bytesPerSec: perBroker === null ? null : perBroker / sharers }
    })
    return { workers, perBroker: perBroker ?? Number.POSITIVE_INFINITY }
  })
  return rated.sort((a, b) => b.perBroker - a.perBroker)[0]?.workers ?? []
}

interface Loaded {
  entity: string
  limit: number
  bytesPerSec: number | null
}

/** What those workers load each quota with that share it; the one that is exceeded most first. Pure. */
export function loads(quotas: readonly Quota[], workers: readonly WorkerRate[], user: string | null): Loaded[] {
  const shared = new Map<string, Loaded>()
  for (const { clientId, kind, bytesPerSec } of workers) {
    const quota = quotaFor(quotas, kind, user, clientId)
    if (!quota) continue
    // A quota of client ids is each one's own; of users it is shared by all that the user runs.
    const ownId = quota.entity.some(({ type }) => type === 'client-id')
    const key = `${entityText(quota.entity)}${ownId ? ` ${clientId}` : ''}`
    const before = shared.get(key)
    const sum = bytesPerSec === null || before?.bytesPerSec === null ? null : (before?.bytesPerSec ?? 0) + bytesPerSec
    shared.set(key, { entity: entityText(quota.entity), limit: quota.values[kind]!, bytesPerSec: sum })
  }
  const excess = ({ bytesPerSec, limit }: Loaded) => (bytesPerSec ?? Number.POSITIVE_INFINITY) / limit
  return [...shared.values()].sort((a, b) => excess(b) - excess(a))
}

/** Kafka's order: the user's quota for the client id, for other client ids, the user's; then the same of other users; then of client ids alone. */
export function quotaFor(
  quotas: readonly Quota[],
  kind: WorkerRate['kind'],
  user: string | null,
  clientId: string,
): Quota | undefined {
  const users: (string | null | undefined)[] = user === null ? [null, undefined] : [user, null, undefined]
  for (const ofUser of users) {
    const ids: (string | null | undefined)[] = ofUser === undefined ? [clientId, null] : [clientId, null, undefined]
    for (const ofId of ids) {
      const found = quotas.find(
        ({ entity, values }) =>
          values[kind] !== undefined && nameIn(entity, 'user') === ofUser && nameIn(entity, 'client-id') === ofId,
      )
      if (found) return found
    }
  }
  return undefined
}

/** undefined = no part of the quota's entity. */
const nameIn = (entity: readonly QuotaEntity[], type: QuotaEntity['type']): string | null | undefined =>
  entity.find((part) => part.type === type)?.name

const entityText = (entity: readonly QuotaEntity[]): string =>
  entity.map(({ type, name }) => `${type} ${name ?? '<default>'}`).join(', ')
