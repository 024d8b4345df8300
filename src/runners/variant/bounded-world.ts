import { messageOf } from '../../base/errors.ts'
import { within } from '../../base/within.ts'
import type { VariantPlan } from '../../contracts/plan.ts'
import type { World } from './world.ts'

/** To end a process of this machine, or a connection, ms. */
const closeMs = 10_000

/**
 * The world with a deadline on whatever the engine asks of it, so that a variant ends although nothing answers any more. The error names the
 * stage. What does not end in time is only logged: what was measured is there. The engine itself bounds the samplers' looks, the faults, the
 * audit and every wait for workers.
 */
export function boundedWorld(world: World, plan: VariantPlan, signal: AbortSignal, log: (line: string) => void): World {
  const { clock, access } = world
  const { topic, 'clean-up': cleanUp } = plan.deadlinesMs
  const named = (what: string) => `${what} of ${plan.id}`

  /** A method with a deadline; nothing where the world does not have it. */
  const asked = <T extends object, K extends keyof T & string>(of: T, name: K, what: string): Partial<Pick<T, K>> => {
    const ask = of[name] as ((...all: unknown[]) => Promise<unknown>) | undefined
    if (!ask) return {}
    const answer = (...all: unknown[]) => within(topic, named(what), () => ask.apply(of, all), { clock, signal })
    return { [name]: answer } as unknown as Pick<T, K>
  }
  const ended = (what: string, end: () => PromiseLike<void>) => async () => {
    try {
      await within(closeMs, named(`end of ${what}`), async () => end(), { clock })
    } catch (error) {
      log(messageOf(error))
    }
  }
  const closed = <T extends AsyncDisposable>(resource: T, what: string): T => ({
    ...resource,
    [Symbol.asyncDispose]: ended(what, () => resource[Symbol.asyncDispose]()),
  })
  const opened = async <T extends AsyncDisposable>(what: string, open: () => Promise<T>): Promise<T> => {
    const resource = open()
    try {
      return closed(await within(topic, named(what), () => resource, { clock, signal }), what)
    } catch (error) {
      // One that comes later has nobody who closes it.
      resource.then((late) => late[Symbol.asyncDispose]()).catch(() => undefined)
      throw error
    }
  }

  return {
    ...world,
    access: {
      ...access,
      ...asked(access, 'missingPermissions', 'permissions'),
      ...asked(access, 'createTopic', 'topic'),
      ...asked(access, 'describeTopic', 'topic'),
      ...asked(access, 'probe', 'probes'),
      ...asked(access, 'commitStart', 'start of a group'),
      ...asked(access, 'offsets', 'offsets'),
      // An interruption leads to it, and does not end it.
      remove: (...all) => within(cleanUp, named('clean-up'), () => access.remove(...all), { clock }),
      lagSampler: (options) => closed(access.lagSampler(options), 'the lag sampler'),
    },
    hosts: { open: (...all) => closed(world.hosts.open(...all), 'the load hosts') },
    openAudit: (...all) => closed(world.openAudit(...all), 'the audit'),
    openGuard: (...all) => opened('the watch of limits', () => world.openGuard(...all)),
    watchLeaders: (...all) => opened('the watch of leaders', () => world.watchLeaders(...all)),
    startCanary:
      world.startCanary &&
      (async (...all) => {
        const canary = await opened('the canary', () => world.startCanary!(...all))
        return { ...canary, stop: ended('the canary', () => canary.stop()) }
      }),
  }
}
