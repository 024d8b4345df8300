/** What a user lacks, by Kafka's names of the refusals. */
const lacks: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED:
    'the user lacks a permission on the topic: Describe to look, Create, Write, Read, Alter, AlterConfigs, DescribeConfigs or Delete for what was to be done',
  GROUP_AUTHORIZATION_FAILED: 'the user lacks a permission on the group: Read to consume, Describe to look, Delete',
  CLUSTER_AUTHORIZATION_FAILED:
    'the user lacks a permission on the cluster: Create for topics, Describe, DescribeConfigs, Alter, AlterConfigs, or IdempotentWrite before Kafka 2.8',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'the user lacks Write on the transactional id',
}

/** What to grant where a broker refused for want of a permission, of whatever caused this error; null = it was something else. */
export function missingPermission(error: unknown, depth = 0): string | null {
  if (typeof error !== 'object' || error === null || depth > 6) return null
  const { type, cause, errors } = error as { type?: unknown; cause?: unknown; errors?: unknown }
  const own = typeof type === 'string' ? lacks[type] : undefined
  if (own !== undefined) return `${own} (kafka-acls.sh --add, or the policy of your provider)`
  for (const inner of [cause, ...(Array.isArray(errors) ? errors : [])]) {
    const found = missingPermission(inner, depth + 1)
    if (found !== null) return found
  }
  return null
}
