import { z } from 'zod'
import type { ClusterAccess } from '../core/api.ts'
import { defineClusterProvider } from '../core/define.ts'
import { notAudited } from '../core/not-audited.ts'
import { refuseFeatures } from './_features.ts'

/** Nothing listens anywhere: goes with the fake driver. Its log is empty, its lag is 0 and nothing can be audited. */
export default defineClusterProvider({
  summary: 'no cluster at all, for tests with the fake driver',
  transferable: 'nothing: no cluster, no client',
  options: z.looseObject({ provider: z.string() }),
  available: async () => ({ ok: true }),
  async provision(_options, context) {
    refuseFeatures('fake', context)
    return {
      network: { bootstrap: ['127.0.0.1:1'] },
      nodes: [],
      access: fakeAccess,
      describe: async () => ({ layout: 'none', kafkaVersion: null }),
      async [Symbol.asyncDispose]() {},
    }
  },
})

const fakeAccess: ClusterAccess = {
  createTopic: async () => true,
  offsets: async () => new Map(),
  remove: async () => [],
  lagSampler: ({ groups, partitions, nowNs }) => ({
    async sample() {
      const zeros = () => new Array<number>(partitions).fill(0)
      return {
        atNs: nowNs(),
        ends: zeros(),
        groups: Object.fromEntries(groups.map(({ group }) => [group, { committed: zeros() }])),
      }
    },
    async [Symbol.asyncDispose]() {},
  }),
  audit: async ({ redelivered }) => ({ ...notAudited('a fake cluster has no log'), redelivered }),
}
