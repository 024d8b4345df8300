import { KbenchError } from '../../base/errors.ts'
import type { Sets } from '../../profile/overrides.ts'
import { type Profile, profileSchema } from '../../profile/schema.ts'
import { loadPlugin } from '../../registry.ts'
import { type Availability, availability } from '../../runners/run/choose-cluster.ts'
import { absentClients } from '../../runners/run/packages.ts'
import { shownLine } from '../text/shown-line.ts'
import { loadProfile } from './load-profile.ts'
import { runProfiles } from './run-profiles.ts'

export interface QuickstartOptions {
  provider?: string
  results: string
  json?: true
  quiet?: true
}

/** The fastest to start first. One broker is enough where brokers take seconds to start. */
const candidates: readonly { provider: string; what: string; sets: Sets }[] = [
  { provider: 'mock', what: 'in memory, not a real Kafka; measures clients alone', sets: [] },
  { provider: 'local', what: 'Kafka as a Java process of this machine', sets: oneBroker() },
  { provider: 'compose', what: 'Kafka in Docker', sets: oneBroker() },
]

function oneBroker(): Sets {
  return [
    { path: 'cluster.layout', value: 'kraft-1' },
    { path: 'topic.replicationFactor', value: '1' },
  ]
}

interface Looked {
  provider: string
  what: string
  sets: Sets
  available: Availability
}

/** Says what this machine can run and what the rest lacks, runs the fastest, and resolves to its exit code. */
export async function runQuickstart(options: QuickstartOptions): Promise<number> {
  const [looked, clients] = await Promise.all([Promise.all(candidates.map(look)), presentClients()])
  const chosen = looked.find(({ provider, available }) =>
    options.provider === undefined ? available.ok : provider === options.provider,
  )
  const lines = [
    ...looked.map((each) => `provider ${each.provider.padEnd(8)} ${stateText(each, each === chosen)}`),
    ...clients.absent.map(({ client, error }) => `client ${client}: left out, ${error.message}: ${error.hint}`),
  ]
  if (chosen === undefined) {
    throw new KbenchError('environment', 'no cluster of any kind can run on this machine', {
      details: lines,
      hint: 'kbench run quickstart -b HOST:9092 uses a running cluster',
    })
  }
  if (!options.quiet) for (const line of lines) process.stderr.write(shownLine(line))
  const { available } = chosen
  if (!available.ok) {
    throw new KbenchError('environment', `provider ${chosen.provider} cannot run here: ${available.reason}`, {
      hint: available.hint,
    })
  }
  const set: Sets = [
    { path: 'cluster.provider', value: chosen.provider },
    ...chosen.sets,
    { path: 'clients', value: clients.present.join(',') },
  ]
  const code = await runProfiles(['quickstart'], { ...options, set })
  if (!options.quiet && !options.json) process.stderr.write(next(options.results))
  return code
}

const next = (results: string): string =>
  [
    `next       kbench open${results === 'results' ? '' : ` --results ${results}`}                    the report in the browser`,
    '           kbench init my.yaml              a profile of your own',
    '           kbench run my.yaml -b HOST:9092  on a running cluster',
    '',
  ].join('\n')

async function look(candidate: (typeof candidates)[number]): Promise<Looked> {
  const cluster: Profile['cluster'] = profileSchema.shape.cluster.parse(
    candidate.sets.length > 0 ? { layout: 'kraft-1' } : undefined,
  )
  const { provider } = candidate
  return {
    ...candidate,
    available: await availability(provider, { ...cluster, provider }, new AbortController().signal),
  }
}

function stateText({ provider, what, available }: Looked, isChosen: boolean): string {
  if (!available.ok) return `cannot run here: ${available.reason}; ${available.hint}`
  return isChosen ? `runs: ${what}` : `can run here, too: kbench quickstart --provider ${provider}`
}

/** The profile's clients, as far as they can be loaded. */
async function presentClients(): Promise<{ present: string[]; absent: { client: string; error: KbenchError }[] }> {
  const { clients } = (await loadProfile('quickstart')).profile
  const drivers = new Map(
    await Promise.all(clients.map(async (client) => [client, await loadPlugin('drivers', client)] as const)),
  )
  const absent = await absentClients(drivers)
  return {
    present: clients.filter((client) => !absent.has(client)),
    absent: [...absent].map(([client, error]) => ({ client, error })),
  }
}
