import { KbenchError, messageOf } from '../base/errors.ts'
import type { Permission, Resource } from '../contracts/permissions.ts'

/** What a user lacks where only the broker's refusal is known, by Kafka's names of the refusals. */
const lacks: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED:
    'a permission on the topic is missing: Describe to look, Create, Write, Read, Alter, AlterConfigs, DescribeConfigs or Delete for what was to be done',
  GROUP_AUTHORIZATION_FAILED: 'a permission on the group is missing: Read to consume, Describe to look, Delete',
  CLUSTER_AUTHORIZATION_FAILED:
    'a permission on the cluster is missing: Create for topics, Describe, DescribeConfigs, Alter, AlterConfigs, or IdempotentWrite before Kafka 2.8',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'permission Write on the transactional id is missing',
}
const anyGrant = '(kafka-acls.sh --add, or the policy of your provider)'

/** Errors that name the permission already. */
const named = new WeakSet<object>()

/** "topic orders", "the cluster". */
export const resourceText = ({ type, name }: Resource): string => (name === null ? `the ${type}` : `${type} ${name}`)

/** "permission Write on topic orders is missing". */
export const missingText = ({ operation, resource }: Permission): string =>
  `permission ${operation} on ${resourceText(resource)} is missing`

/** What to do about it. */
export function grantText({ operation, resource: { type, name, prefix } }: Permission): string {
  const on = prefix === undefined ? resourceText({ type, name }) : `${type} ${prefix}*`
  const options =
    name === null
      ? '--cluster'
      : prefix === undefined
        ? `--${type} ${name}`
        : `--${type} ${prefix} --resource-pattern-type prefixed`
  const otherwise = type === 'group' || prefix !== undefined ? ', or set cluster.prefix to what the user may use' : ''
  return `grant ${operation} on ${on} to the user of the connection (kafka-acls.sh --add --operation ${operation} ${options}, or the policy of your provider)${otherwise}`
}

/** Of Kafka's name of a refusal. */
export const isPermissionType = (type: string | null): boolean => type !== null && type in lacks
export const isPermissionRefusal = (error: unknown): boolean => isPermissionType(refusalType(error))

/** Kafka's name of a broker's refusal; null = it was none. */
export const refusalType = (error: unknown): string | null => (error as { type?: string } | null)?.type ?? null

/**
 * What a broker's refusal of a step stops, "topic orders cannot be deleted": the permission that is missing where it is one, else the broker's
 * words and `hint`.
 */
export function refusedStep(
  { operation, resource, what }: Permission & { what: string },
  cause: unknown,
  hint?: string,
): KbenchError {
  const text = `${resourceText(resource)} ${what}`
  if (isPermissionRefusal(cause)) {
    const permission = { operation, resource }
    return nameMissing(`${text}: ${missingText(permission)}`, grantText(permission), cause)
  }
  const first = cause instanceof AggregateError ? cause.errors[0] : cause
  return new KbenchError('environment', `${text}: ${messageOf(first)}`, { cause, ...(hint !== undefined && { hint }) })
}

/** What a run cannot do for want of permissions: the first, with all others below it. */
export function missingPermissions(missing: readonly (Permission & { step: string })[]): KbenchError {
  const [first, ...others] = missing.map((each) => `${missingText(each)} (${each.step})`)
  return nameMissing(first!, [...new Set(missing.map(grantText))].join('; '), undefined, others)
}

function nameMissing(text: string, hint: string, cause?: unknown, details: readonly string[] = []): KbenchError {
  const error = new KbenchError('environment', text, { cause, hint, details })
  named.add(error)
  return error
}

/** What to grant where a broker refused for want of a permission, of whatever caused this error; null = it was something else, or the error names it. */
export function missingPermission(error: unknown, depth = 0): string | null {
  if (typeof error !== 'object' || error === null || depth > 6 || named.has(error)) return null
  const { type, cause, errors } = error as { type?: unknown; cause?: unknown; errors?: unknown }
  const own = typeof type === 'string' ? lacks[type] : undefined
  if (own !== undefined) return `${own} ${anyGrant}`
  for (const inner of [cause, ...(Array.isArray(errors) ? errors : [])]) {
    const found = missingPermission(inner, depth + 1)
    if (found !== null) return found
  }
  return null
}
