import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { KbenchError } from '../../base/errors.ts'
import type { Network } from '../../contracts/api.ts'
import { readClientConfig } from '../../kafka/client-config.ts'
import { type ClusterStatus, clusterStatus } from '../../operations/cluster-status.ts'
import type { Sets } from '../../profile/overrides.ts'
import { loadPlugin } from '../../registry.ts'
import { counted } from '../../reports/_fault-words.ts'
import {
  ask,
  busy,
  forgetStanding,
  noteKept,
  readState,
  type StandingState,
  standingNames,
  standingPhase,
  startStanding,
} from '../../runners/standing/standing.ts'
import { print, tableText } from '../text/print-table.ts'
import { shownLine } from '../text/shown-line.ts'
import { untilEnough } from './interruption.ts'

export interface UpOptions {
  provider: string
  name?: string
  composeProfile: string[]
  /** Seconds. */
  timeout: number
  json?: true
}

export interface DownOptions {
  keep?: boolean
  json?: true
}

export interface LogsOptions {
  tail: number
  follow?: boolean
}

export interface StopOptions {
  signal: NodeJS.Signals
}

const toStderr = (line: string): void => void process.stderr.write(shownLine(line))

export async function up(layout: string, options: UpOptions): Promise<void> {
  const name = options.name ?? layout
  if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(name)) {
    throw new KbenchError('usage', `--name ${name}: small letters, digits and dashes, like ${layout}-2`)
  }
  const profiles = [process.env.COMPOSE_PROFILES ?? '', ...options.composeProfile].filter(Boolean)
  const aborted = untilEnough()
  try {
    const state = await startStanding(
      {
        ...{ name, layout, provider: options.provider },
        startTimeoutMs: options.timeout * 1000,
        composeProfiles: profiles.length > 0 ? profiles.join(',') : undefined,
      },
      { signal: aborted.signal, say: toStderr },
    )
    print(options.json, state, () => upText(state))
  } finally {
    aborted.close()
  }
}

function upText({ name, layout, provider, kafkaVersion, bootstrap, nodes }: StandingState): string {
  const called = name === layout ? name : `${name} (${layout})`
  return [
    `${called} is up: ${provider}, ${counted(nodes.length, 'broker')}${kafkaVersion === null ? '' : `, Kafka ${kafkaVersion}`}`,
    `bootstrap  ${bootstrap.join(',')}`,
    `next       kbench topics list --cluster ${name}`,
    `end        kbench cluster down ${name}\n`,
  ].join('\n')
}

export async function down(given: string | undefined, { keep = false, json }: DownOptions): Promise<void> {
  const name = given ?? (await onlyOne())
  if (!standingNames().includes(name)) throw notThere(name)
  const found = await standingPhase(name)
  if (found.phase === 'busy') throw busy(name, found.pid)
  const wasUp = found.phase === 'up'
  // Nothing can be kept of what nobody knows.
  const state = keep ? readState(name) : stateIfReadable(name)
  if (wasUp) await ask(name, { op: 'down', keep }, toStderr)
  else await clearAway(state?.provider ?? null)
  const kept = keep && state !== null
  if (kept) noteKept(state)
  else {
    await (await pluginOf(state?.provider ?? null))?.forget?.(name)
    forgetStanding(name)
  }
  const what = wasUp ? 'is down' : 'was not up'
  print(json, { name, wasUp, keptData: kept }, () => `${name} ${what}; its data is ${kept ? 'kept' : 'removed'}\n`)
}

function stateIfReadable(name: string): StandingState | null {
  try {
    return readState(name)
  } catch {
    return null // it is to go anyway
  }
}

const pluginOf = async (provider: string | null) => (provider === null ? null : loadPlugin('clusters', provider))

/** What a supervisor that was killed left behind: all that dead ones left, for a cluster that never came up does not say where. */
async function clearAway(provider: string | null): Promise<void> {
  for (const each of provider === null ? ['local', 'compose'] : [provider]) {
    const plugin = await loadPlugin('clusters', each)
    for (const line of (await plugin.clean?.(new AbortController().signal)) ?? []) toStderr(line)
  }
}

const notThere = (name: string): KbenchError =>
  new KbenchError('environment', `there is no cluster ${name}`, {
    hint:
      standingNames().length > 0 ? `there are: ${standingNames().join(', ')}` : 'kbench cluster up kraft-1 starts one',
  })

async function upNames(): Promise<string[]> {
  const names = standingNames()
  const answers = await Promise.all(names.map(standingPhase))
  return names.filter((_, i) => answers[i]!.phase === 'up')
}

async function onlyOne(): Promise<string> {
  const [first, ...others] = await upNames()
  if (first === undefined) {
    throw new KbenchError('environment', 'no cluster is up', { hint: 'kbench cluster up kraft-1 starts one' })
  }
  if (others.length === 0) return first
  throw new KbenchError('usage', `which cluster? There are ${[first, ...others].join(', ')}`)
}

export async function status(
  given: string | undefined,
  elsewhere: Network | null,
  { json }: { json?: true },
): Promise<void> {
  const state = elsewhere ? null : await stateOf(given ?? (await onlyOne()))
  const found = await clusterStatus(elsewhere ?? (await networkIn(state!)))
  const down = (state?.nodes ?? []).filter(({ id }) => !found.brokers.some((broker) => broker.id === id))
  print(json, { ...(state ? { cluster: state } : {}), ...found, down }, () => statusText(state, found, down))
}

async function stateOf(name: string): Promise<StandingState> {
  if (!standingNames().includes(name)) throw notThere(name)
  const state = readState(name)
  const found = await standingPhase(name)
  if (found.phase === 'busy') throw busy(name, found.pid)
  if (state === null || state.kept) {
    const what = state?.kept ? ': its data is kept' : ''
    throw new KbenchError('environment', `cluster ${name} is not up${what}`, {
      hint: `kbench cluster up ${state?.layout ?? name} --name ${name}`,
    })
  }
  if (found.phase === 'down') {
    throw new KbenchError('environment', `cluster ${name} is not up any more: its supervisor is gone`, {
      hint: `kbench cluster down ${name} clears away what is left`,
    })
  }
  return state
}

/** The network of a cluster that is up, for `--cluster`. */
export async function networkOfStanding(name: string): Promise<Network> {
  return networkIn(await stateOf(name))
}

async function networkIn({ bootstrap, config }: StandingState): Promise<Network> {
  const security = config === undefined ? null : (await readClientConfig(config)).security
  return { bootstrap, ...(security && { security }) }
}

/** The same for a profile: what to set in it. */
export async function setsOfStanding(name: string): Promise<Sets> {
  const { bootstrap, config } = await stateOf(name)
  return [
    { path: 'cluster.provider', value: 'external' },
    { path: 'cluster.bootstrap', value: JSON.stringify(bootstrap) },
    ...(config === undefined ? [] : [{ path: 'cluster.config', value: JSON.stringify(config) }]),
  ]
}

function statusText(state: StandingState | null, found: ClusterStatus, down: StandingState['nodes']): string {
  const { clusterId, controllerId, brokers, topics, partitions, underReplicated, offline } = found
  const head = state
    ? `${state.name}: ${state.layout}, ${state.provider}${state.kafkaVersion === null ? '' : `, Kafka ${state.kafkaVersion}`}, up since ${state.startedAt}\n`
    : ''
  const rows = [
    ...brokers.map((broker) => ({ ...broker, state: broker.isController ? 'controller' : '' })),
    ...down.map(({ id, address }) => ({
      id,
      address,
      rack: null,
      state: 'DOWN',
      leaders: 0,
      replicas: 0,
      preferred: 0,
    })),
  ].sort((a, b) => a.id - b.id)
  const table = tableText(
    [
      { head: 'BROKER', text: ({ id }) => String(id), right: true },
      { head: 'ADDRESS', text: ({ address }) => address },
      { head: 'RACK', text: ({ rack }) => rack ?? '-' },
      { head: 'LEADER', text: ({ leaders }) => String(leaders), right: true },
      { head: 'PREFERRED', text: ({ preferred }) => String(preferred), right: true },
      { head: 'REPLICAS', text: ({ replicas }) => String(replicas), right: true },
      { head: '', text: (row) => row.state },
    ],
    rows,
  )
  const lines = [
    `cluster id ${clusterId ?? 'unknown'}`,
    ...(rows.some(({ state }) => state === 'controller')
      ? []
      : [controllerId === null ? 'the controller is unknown' : `the controller is node ${controllerId}, no broker`]),
    `${counted(topics, 'topic')}, ${counted(partitions, 'partition')}: ${underReplicated.length} under-replicated, ${offline.length} without a leader`,
    ...underReplicated.map(
      ({ partition, inSync, replicas }) =>
        `  ${partition}: in sync ${inSync.join(',') || 'none'} of ${replicas.join(',')}`,
    ),
    ...offline.map((partition) => `  ${partition}: nobody leads it`),
  ]
  return `${head}${table}${lines.join('\n')}\n`
}

export async function logs(name: string, services: string[], { tail, follow = false }: LogsOptions): Promise<void> {
  const answer = await ask(name, { op: 'log-command', tail, follow, services })
  const { command, env } = answer as { command: string[] | null; env: Record<string, string> }
  const [file, ...args] = command ?? []
  if (file === undefined) throw new KbenchError('environment', `the provider of ${name} keeps no logs`)
  const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } })
  // Ctrl-C ends the command that follows; that is how one leaves it.
  const onSignal = () => undefined
  process.on('SIGINT', onSignal)
  const [code] = (await once(child, 'exit')) as [number | null]
  process.off('SIGINT', onSignal)
  if (code) throw new KbenchError('environment', `${file} failed with code ${code}`)
}

export async function stop(name: string, broker: number, { signal }: StopOptions): Promise<void> {
  await ask(name, { op: 'stop', broker, signal }, toStderr)
  const what = { SIGSTOP: 'is frozen', SIGCONT: 'goes on' }[signal as string] ?? 'has ended'
  process.stdout.write(`broker ${broker} ${what}\n`)
}

export async function start(name: string, broker: number): Promise<void> {
  await ask(name, { op: 'start', broker }, toStderr)
  process.stdout.write(`broker ${broker} answers\n`)
}
