import kafkajs, { type AclEntry, type Admin } from 'kafkajs'
import { until } from './_providers.ts'

/** "Write on topic orders", "Read on group kbench-*", "Describe on cluster". */
export type Rule = string

const resources = { topic: 2, group: 3, cluster: 4 } as const
const operations = {
  ...{ All: 2, Read: 3, Write: 4, Create: 5, Delete: 6, Alter: 7, Describe: 8, DescribeConfigs: 10 },
  ...{ AlterConfigs: 11, IdempotentWrite: 12 },
} as const

/** Of one user, as the broker knows them: each call replaces what was there. `denied`: refused whatever is allowed. */
export interface Acls extends AsyncDisposable {
  admin: Admin
  set(allowed: readonly Rule[], denied?: readonly Rule[]): Promise<void>
}

/** By a connection that may do everything. */
export async function aclsOf(bootstrap: string, user: string): Promise<Acls> {
  const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const every = { resourceType: 1, resourcePatternType: 1, operation: 1, permissionType: 1, principal: `User:${user}` }
  const count = async () => (await admin.describeAcls(every)).resources.reduce((sum, { acls }) => sum + acls.length, 0)
  return {
    admin,
    async set(allowed, denied = []) {
      await admin.deleteAcls({ filters: [every] })
      await until('the rules are gone', async () => (await count()) === 0)
      const acl = [...allowed.map((rule) => entry(rule, user, 3)), ...denied.map((rule) => entry(rule, user, 2))]
      if (acl.length > 0) await admin.createAcls({ acl })
      await until('the rules are in force', async () => (await count()) === acl.length)
    },
    [Symbol.asyncDispose]: () => admin.disconnect(),
  }
}

function entry(rule: Rule, user: string, permissionType: 2 | 3): AclEntry {
  const [, operation, type, name = 'kafka-cluster'] = /^(\w+) on (\w+)(?: (\S+))?$/.exec(rule)!
  const isPrefix = name.endsWith('*')
  return {
    resourceType: resources[type as keyof typeof resources],
    resourceName: name.replace('*', ''),
    resourcePatternType: isPrefix ? 4 : 3,
    principal: `User:${user}`,
    host: '*',
    operation: operations[operation as keyof typeof operations],
    permissionType,
  }
}
