import { KbenchError } from '../../base/errors.ts'
import { verbose } from '../../base/verbose.ts'
import type { Cluster, ClusterProvider, ProvisionContext } from '../../contracts/api.ts'
import type { Profile } from '../../profile/schema.ts'
import { loadPlugin } from '../../registry.ts'

type ClusterOptions = Omit<Profile['cluster'], 'prefix' | 'metrics'> &
  Partial<Pick<Profile['cluster'], 'prefix' | 'metrics'>>

export interface StartedCluster {
  cluster: Cluster
  /** The provider that runs it; never "auto". */
  provider: string
  /** What its numbers are good for (result.cluster.transferable). */
  transferable: string
  /** Why this provider, one line. */
  reason: string
}

export interface Choice {
  /** null = none can run here. */
  provider: string | null
  reason: string
  /** Providers of `auto` that cannot run here. */
  rejected: { provider: string; reason: string; hint: string }[]
}

export type Availability = Awaited<ReturnType<ClusterProvider<unknown>['available']>>

/** What `auto` tries, best first. */
const candidates = ['compose', 'local', 'mock']

/**
 * Starts the cluster that the profile asks for, and says which and why. `auto` takes the first of compose, local and mock that can
 * run here; with a bootstrap list it is external. Throws `profile` for options the provider does not take, `environment` when
 * nothing can run or the start failed (then nothing is left behind).
 */
export async function startCluster(
  options: ClusterOptions,
  context: ProvisionContext & {
    /** Why this run cannot be done on a cluster of that provider; asked before it starts. */
    refuse?(provider: string): readonly string[]
    /** What {@link chooseProvider} said, where it was asked before. */
    choice?: Choice
  },
): Promise<StartedCluster> {
  const choice = context.choice ?? (await chooseProvider(options, context.signal))
  if (context.signal.aborted) throw new KbenchError('interrupted', 'interrupted while choosing a cluster')
  if (choice.provider === null) throw nothingRuns(choice)
  const { plugin, parsed } = await pluginFor(choice.provider, options)
  const against = context.refuse?.(choice.provider) ?? []
  if (against.length > 0) {
    throw new KbenchError('environment', `the profile's faults cannot be had from provider ${choice.provider}`, {
      details: against,
      hint: 'kbench list faults says what each needs',
    })
  }
  context.say(`cluster: ${choice.provider} (${choice.reason})`)
  if (choice.provider === 'mock') context.say(`NOT A KAFKA CLUSTER: ${plugin.transferable}`)
  const cluster = await plugin.provision(parsed, context)
  if (options.prefix !== undefined) cluster.network = { ...cluster.network, prefix: options.prefix }
  return { cluster, provider: choice.provider, transferable: plugin.transferable, reason: choice.reason }
}

/** Asks a provider whether it can run these options here; throws `profile` when it does not take them. */
export async function availability(
  provider: string,
  options: ClusterOptions,
  signal: AbortSignal,
): Promise<Availability> {
  const { plugin, parsed } = await pluginFor(provider, options)
  return plugin.available(parsed, signal)
}

/** Which provider would run it, without starting anything. */
export async function chooseProvider(
  options: ClusterOptions,
  signal: AbortSignal,
  ask: typeof availability = availability,
): Promise<Choice> {
  if (options.provider !== 'auto') return { provider: options.provider, reason: 'as the profile says', rejected: [] }
  if (options.bootstrap) return { provider: 'external', reason: 'the profile names a bootstrap list', rejected: [] }
  const rejected: Choice['rejected'] = []
  for (const provider of candidates) {
    const available = await ask(provider, options, signal)
    verbose(() => `provider ${provider}: ${available.ok ? 'can run here' : available.reason}`)
    if (available.ok) return { provider, reason: reasonFor(provider, rejected), rejected }
    rejected.push({ provider, reason: available.reason, hint: available.hint })
  }
  return { provider: null, reason: 'no provider can run here', rejected }
}

/** The provider with the profile's cluster options checked by it; throws `profile` with all problems. */
async function pluginFor(
  name: string,
  options: ClusterOptions,
): Promise<{ plugin: ClusterProvider<unknown>; parsed: unknown }> {
  const plugin = await loadPlugin('clusters', name)
  // How things are named, and what is read beside the load, is the run's, not the provider's.
  const { prefix: _prefix, metrics: _metrics, ...rest } = options
  const parsed = plugin.options.safeParse({ ...rest, provider: name })
  if (parsed.success) return { plugin, parsed: parsed.data }
  throw new KbenchError('profile', `provider ${name} does not take these cluster options`, {
    details: parsed.error.issues.map(
      ({ path, message }) => `cluster${path.map((key) => `.${String(key)}`).join('')}: ${message}`,
    ),
  })
}

function reasonFor(provider: string, rejected: Choice['rejected']): string {
  const why = rejected.map((other) => `not ${other.provider}: ${other.reason}`)
  return [provider === 'mock' ? 'last resort of auto' : 'chosen by auto', ...why].join('; ')
}

function nothingRuns({ rejected }: Choice): KbenchError {
  return new KbenchError('environment', 'no cluster of any kind can run on this machine', {
    details: rejected.map(({ provider, reason, hint }) => `${provider}: ${reason}: ${hint}`),
    hint: 'kbench doctor shows what is missing',
  })
}
