import { type Clock, systemClock } from '../../base/clock.ts'
import { within } from '../../base/within.ts'
import type { RunWorld } from './run-world.ts'

/** A provider that has said nothing for so long, ms, beyond its own time for a start: it may have Kafka or an image to fetch. */
const silenceMs = 15 * 60_000
/** What a provider that is interrupted while it starts needs to take all of it down again, ms. */
const undoMs = 60_000
/** To stop all brokers, ms. Local ones are killed after less. */
const stopMs = 90_000
const describeMs = 30_000
/** A tool's start, and that of its topic, beyond the time for which it loads, ms. */
const toolMs = 120_000
/** A tool that has a count to do. */
const slowestPerSec = 100

/** What a run starts and measures with, with a deadline on each part, whose error names the stage. Variants have their own. */
export function boundedRun(world: RunWorld, clock: Clock = systemClock()): RunWorld {
  return {
    ...world,
    async startCluster(options, context) {
      const limitMs = options.startTimeout + silenceMs
      const start = (alive: () => void) =>
        world.startCluster(options, {
          ...context,
          say(line) {
            alive()
            context.say(line)
          },
        })
      const started = await within(limitMs, 'start of the cluster', start, {
        ...{ clock, signal: context.signal, graceMs: undoMs },
      })
      const { cluster } = started
      // Whatever else it has stays as it is, and what it computes is asked anew.
      const bounded: typeof cluster = Object.assign(Object.create(cluster), {
        describe: () => within(describeMs, 'description of the cluster', () => cluster.describe(), { clock }),
        async [Symbol.asyncDispose]() {
          await within(stopMs, 'stop of the cluster', async () => cluster[Symbol.asyncDispose](), { clock })
        },
      })
      return { ...started, cluster: bounded }
    },
    runReference(job) {
      const { phases, load } = job.variant.profile
      const loadMs = phases.warmup + phases.measure + ((load.count ?? 0) / slowestPerSec) * 1000
      const run = () => world.runReference(job)
      return within(loadMs + toolMs, `reference ${job.variant.id}`, run, {
        ...{ clock, signal: job.signal, graceMs: undoMs },
      })
    },
  }
}
