/** Kafka's access control in its own words: an operation on a resource. */
export type Operation =
  | 'Read'
  | 'Write'
  | 'Create'
  | 'Delete'
  | 'Alter'
  | 'Describe'
  | 'DescribeConfigs'
  | 'AlterConfigs'
  | 'IdempotentWrite'

export interface Resource {
  type: 'topic' | 'group' | 'cluster'
  /** The cluster has none. */
  name: string | null
  /** What its name begins with, and those of other runs: a rule is for all of them. Absent = it is named as it is. */
  prefix?: string
}

export interface Permission {
  operation: Operation
  resource: Resource
}

/** A permission that a variant uses. */
export interface PermissionNeed extends Permission {
  /** What it is used for, "write records". */
  step: string
  /** What a variant does where it is missing, a sentence's second half; null = it cannot be run. */
  without: string | null
}
