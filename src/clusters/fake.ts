import { z } from 'zod'
import { KbenchError } from '../base/errors.ts'
import type { ClusterAccess } from '../contracts/api.ts'
import { defineClusterProvider } from '../contracts/define.ts'
import { notAudited } from '../judge/not-audited.ts'
import { refuseFeatures } from './shared/features.ts'

/**
 * Nothing listens anywhere: goes with the fake driver. Its log is empty, its lag is 0 and nothing can be audited. A topic whose config
 * has `fake.refuse: true` cannot be made; one with `fake.die: true` takes the cluster with it.
 */
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
      access: fakeAccess(),
      describe: async () => ({ layout: 'none', kafkaVersion: null }),
      async [Symbol.asyncDispose]() {},
    }
  },
})

function fakeAccess(): ClusterAccess {
  let dead = false
  const answers = async () => {
    if (dead) throw new KbenchError('environment', 'the fake cluster is dead')
  }
  return {
    ...fixedAnswers,
    answers,
    async createTopic({ name, config }) {
      dead ||= config['fake.die'] === true
      await answers()
      if (config['fake.refuse'] === true) throw new KbenchError('environment', `topic ${name} is refused`)
      return true
    },
  }
}

const fixedAnswers: Omit<ClusterAccess, 'createTopic'> = {
  describeTopic: async () => null,
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
  audit: async ({ redelivered }) => ({
    integrity: { ...notAudited('a fake cluster has no log'), redelivered },
    groups: {},
  }),
}
