import { availableParallelism } from 'node:os'
import { plural } from '../../base/plural.ts'
import { defineCheck, lines } from './check.ts'

interface Found {
  cores: number
  /** Producers and consumers at the same time, at most. */
  workers: number
  /** The brokers are on this machine too. */
  isLocal: boolean
}

/** Below it brokers and load on one machine disturb each other so much that kafkajs misses its schedule (README, Limits). */
const advisedBesideBrokers = 4

export default defineCheck<Found>({
  id: 'cores',
  subject: 'processors',
  of: 'machine',

  look: async ({ plans, target }) => ({
    cores: availableParallelism(),
    workers: Math.max(0, ...plans.map(({ workers }) => workers.length)),
    isLocal: target === null,
  }),

  judge({ cores, workers, isLocal }) {
    const { ok, warning } = lines('cores')
    const has = `${cores}, for ${plural(workers, 'worker')}${isLocal ? ' and the brokers' : ''}`
    if (isLocal && cores < advisedBesideBrokers) {
      const remedy = `${advisedBesideBrokers} or more are advised; expect schedule-late at high rates, and lower load.rate then`
      return [warning('processors', has, remedy)]
    }
    if (!isLocal && workers > cores) {
      return [warning('processors', has, 'fewer producers.count and consumers[].members, or a machine with more')]
    }
    return [ok('processors', has)]
  },
})
