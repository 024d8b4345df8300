import { lookup as resolveName } from 'node:dns/promises'
import { stat } from 'node:fs/promises'
import { BlockList, isIPv6 } from 'node:net'
import { createInterface } from 'node:readline/promises'
import { addressIn, addressText } from '../../base/address.ts'
import { KbenchError } from '../../base/errors.ts'
import { trust } from '../../base/trust.ts'
import { formatBytes, formatCount } from '../../base/units.ts'
import type { Network } from '../../contracts/api.ts'
import { reachCluster } from '../../kafka/reach-cluster.ts'
import { limitPerSec, plannedRate, plannedRunBytes } from '../../profile/limits.ts'
import type { Cell } from '../../profile/matrix.ts'
import { meanRecordBytes } from '../../profile/record-bytes.ts'
import type { Profile } from '../../profile/schema.ts'
import { startCluster } from '../../runners/run/choose-cluster.ts'
import { shownLine } from '../text/shown-line.ts'

/** What will be loaded how much; `lines` null = nothing is. */
export interface PlannedLoad {
  profile: Profile
  lines: readonly string[] | null
  /** Why it cannot be done on a cluster of that provider, asked before anybody connects. */
  refuse?: (provider: string) => readonly string[]
}

interface Answering {
  yes?: boolean
  quiet?: boolean
}

/** A file of this size or more is a load, bytes; less is what people write by hand. */
const largeFileBytes = 10 * 1024 * 1024

/** What of the world the question needs; tests pass their own. */
export interface Asking {
  /** Addresses of a name; rejects where there are none. */
  lookup(name: string): Promise<string[]>
  /** Somebody can answer. */
  isTerminal: boolean
  ask(question: string): Promise<string>
  say(line: string): void
  /** The command line, without the program. */
  command: readonly string[]
  /** What lets it pass without being asked, where it is no command line. */
  remedy?: string
}

export const machine: Asking = {
  lookup: async (name) => (await resolveName(name, { all: true })).map(({ address }) => address),
  isTerminal: process.stdin.isTTY === true && process.stderr.isTTY === true,
  async ask(question) {
    const prompt = createInterface({ input: process.stdin, output: process.stderr })
    try {
      return await prompt.question(question)
    } finally {
      prompt.close()
    }
  },
  say: (line) => void process.stderr.write(shownLine(line)),
  command: process.argv.slice(2),
}

/**
 * Before a run on a cluster that kbench does not start. `--yes` or an answer on the terminal is needed where any broker is beyond this machine's
 * loopback, by its bootstrap or its advertised address. Throws `usage` without, and what the connection throws.
 */
export async function confirmRun(
  { profile, lines, refuse }: PlannedLoad,
  options: Answering,
  asking = machine,
): Promise<void> {
  const { provider, bootstrap } = profile.cluster
  if (lines === null || (provider !== 'external' && !(provider === 'auto' && bootstrap))) return
  const signal = new AbortController().signal
  const context = { runId: 'confirm', directory: '.', signal, say() {}, ...(refuse && { refuse }) }
  const started = await startCluster(profile.cluster, context)
  const { nodes } = started.cluster
  await started.cluster[Symbol.asyncDispose]()
  await confirmLoad([...(bootstrap ?? []), ...nodes.map(addressText)], lines, options, asking)
}

/** Before a large file is written. What is piped in or typed is of no known size, and is not asked for. */
export async function confirmFile(network: Network, file: string, options: Answering, asking = machine): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size < largeFileBytes) return
  const { brokers } = await reachCluster(network)
  const addresses = [...network.bootstrap, ...brokers.map(addressText)]
  await confirmLoad(addresses, ['rate   as fast as they take it', `bytes  ${formatBytes(size)}`], options, asking)
}

/** Shows what will be loaded, and lets it pass where all of it is loopback, or somebody agreed. */
export async function confirmLoad(
  addresses: readonly string[],
  lines: readonly string[],
  { yes, quiet }: Answering,
  asking: Asking,
): Promise<void> {
  const beyond = await beyondLoopback(addresses, asking.lookup)
  if (beyond.length === 0) return
  // Loopback may lead elsewhere: brokers say themselves where they are.
  if (trust().untrusted) {
    throw new KbenchError('usage', `--untrusted refuses hosts beyond this machine: ${beyond.slice(0, 12).join(', ')}`)
  }
  if (!(yes && quiet)) {
    const hosts = `hosts  ${beyond.slice(0, 12).join(', ')}${beyond.length > 12 ? `, and ${beyond.length - 12} more` : ''}`
    for (const line of [
      'kbench: this loads brokers beyond this machine',
      ...[hosts, ...lines].map((each) => `  ${each}`),
    ]) {
      asking.say(line)
    }
  }
  if (yes) return
  if (asking.isTerminal && /^y(es)?$/i.test((await asking.ask('Go on? [y/N] ')).trim())) return
  throw new KbenchError('usage', 'brokers beyond this machine are loaded only where somebody agrees', {
    hint:
      asking.remedy ?? `if they may be loaded, add --yes: kbench ${[...asking.command, '--yes'].map(quoted).join(' ')}`,
  })
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const isLoopback = (ip: string): boolean =>
  loopback.check(ip.replace(/%.*$/, ''), isIPv6(ip.replace(/%.*$/, '')) ? 'ipv6' : 'ipv4')

/** "b-1.example.com:9092 (10.0.0.7)", each once. What cannot be resolved cannot be loaded; the connection says so. */
async function beyondLoopback(addresses: readonly string[], lookup: Asking['lookup']): Promise<string[]> {
  const found = await Promise.all(
    [...new Set(addresses)].map(async (address) => {
      const { host } = addressIn(address)
      const ips = await lookup(host).catch(() => [])
      if (ips.every(isLoopback)) return []
      const others = ips.filter((ip) => ip !== host)
      return [others.length === 0 ? address : `${address} (${others.slice(0, 3).join(', ')})`]
    }),
  )
  return found.flat()
}

/** Rate and bytes of a run's variants, its cluster's warm-up included. */
export function loadLines(variants: readonly { client: string; profile: Profile }[]): string[] {
  const bytes = plannedRunBytes(variants)
  const profiles = variants.map(({ profile }) => profile)
  const times = `${variants.length} ${variants.length === 1 ? 'variant' : 'variants'}, warm-ups included`
  const most = profiles[0]?.limits.bytes
  const unknown = most === undefined ? 'as many as they take' : `as many as they take, ${formatBytes(most)} at most`
  return [
    `rate   ${rateText(profiles)}`,
    `bytes  ${bytes === null ? unknown : formatBytes(Math.round(bytes))} in ${times}`,
  ]
}

function rateText(profiles: readonly Profile[]): string {
  const rates = profiles.map((profile) => ({ profile, perSec: plannedRate(profile) ?? limitPerSec(profile) }))
  if (rates.some(({ perSec }) => perSec === null)) return 'as fast as they take it'
  const highest = rates.reduce((a, b) => (b.perSec! > a.perSec! ? b : a))
  if (highest.perSec === 0) return 'nothing is written, what is there is read as fast as it can be'
  return `up to ${perSecText(highest.perSec!, highest.profile)}`
}

const perSecText = (perSec: number, { load }: Profile): string => {
  const bytes = meanRecordBytes(load.record)
  return `${formatCount(perSec)} records/s of ${formatCount(bytes)} bytes, ${formatBytes(Math.round(perSec * bytes))}/s`
}

/** The same of a search, whose rates nobody knows beforehand. */
export function searchLines(cells: readonly Cell[], maxPerSec: number | null): string[] {
  const { profile } = cells[0]!
  const rates = [maxPerSec, limitPerSec(profile)].filter((rate) => rate !== null)
  const bytes = profile.limits.bytes
  return [
    `rate   ${rates.length === 0 ? 'up to what they take' : `up to ${perSecText(Math.min(...rates), profile)}`}`,
    `bytes  as many as the search needs${bytes === undefined ? '' : `, ${formatBytes(bytes)} at most`}`,
  ]
}
