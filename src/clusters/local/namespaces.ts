import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { KbenchError } from '../../base/errors.ts'
import { lastLines, run } from '../compose/docker.ts'

/** A network of its own for a cluster: a namespace with an address for each node, joined by a switch, and a link to this machine. */
export interface NamespacePlan {
  /** Name in `ip netns`, by node. */
  namespaces: ReadonlyMap<string, string>
  /** The namespace with the bridge. */
  hub: string
  /** Interface on this machine. */
  link: string
  /** Address of this machine in the network. */
  gateway: string
  /** Address by node. */
  addresses: ReadonlyMap<string, string>
}

/** Chooses names and a subnet, 10.200–250.x.0/24, that no route of this machine overlaps. Creates nothing. */
export async function planNamespaces(runId: string, nodes: readonly string[]): Promise<NamespacePlan> {
  const prefix = `kbench-${runId.replace(/[^A-Za-z0-9-]+/g, '-')}`
  const subnet = freeSubnet(await ip('-4', 'route', 'show', 'table', 'all'))
  return {
    namespaces: new Map(nodes.map((node) => [node, `${prefix}-${node}`])),
    hub: `${prefix}-hub`,
    link: `kb${randomBytes(4).toString('hex')}`, // an interface's name has 15 characters at most
    gateway: `${subnet}.1`,
    addresses: new Map(nodes.map((node, i) => [node, `${subnet}.${i + 2}`])),
  }
}

/** "10.a.b" such that 10.a.b.0/24 overlaps no network in the output of `ip route`; throws `environment` when there is none. */
export function freeSubnet(routes: string, random: () => number = Math.random): string {
  const taken = [...routes.matchAll(/\b(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?/g)].map(
    ([, a, b, c, d, bits = '32']) => ({
      first: ((Number(a) * 256 + Number(b)) * 256 + Number(c)) * 256 + Number(d),
      size: 2 ** (32 - Number(bits)),
    }),
  )
  const from = Math.floor(random() * 51 * 256)
  for (let i = 0; i < 51 * 256; i++) {
    const index = (from + i) % (51 * 256)
    const [second, third] = [200 + Math.floor(index / 256), index % 256]
    const first = ((10 * 256 + second) * 256 + third) * 256
    if (!taken.some((other) => first < other.first + other.size && other.first < first + 256))
      return `10.${second}.${third}`
  }
  throw new KbenchError('environment', 'found no free network in 10.200.0.0 to 10.250.255.0')
}

/**
 * Creates what was planned. The bridge is in a namespace of its own, where no firewall of this machine (Docker's drops what is
 * forwarded) looks at what the nodes send each other. Throws `environment`; what was created until then is left to the caller.
 */
export async function createNamespaces(plan: NamespacePlan): Promise<void> {
  const { hub, link, gateway } = plan
  await ip('netns', 'add', hub)
  await ip('-n', hub, 'link', 'add', 'bridge', 'type', 'bridge')
  await ip('-n', hub, 'link', 'set', 'bridge', 'up')
  await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'host', 'netns', hub)
  await ip('-n', hub, 'link', 'set', 'host', 'master', 'bridge', 'up')
  await ip('address', 'add', `${gateway}/24`, 'dev', link)
  await ip('link', 'set', link, 'up')
  for (const [i, [node, namespace]] of [...plan.namespaces].entries()) {
    await ip('netns', 'add', namespace)
    await ip('-n', hub, 'link', 'add', `port${i}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
    await ip('-n', hub, 'link', 'set', `port${i}`, 'master', 'bridge', 'up')
    await ip('-n', namespace, 'address', 'add', `${plan.addresses.get(node)}/24`, 'dev', 'eth0')
    await ip('-n', namespace, 'link', 'set', 'lo', 'up')
    await ip('-n', namespace, 'link', 'set', 'eth0', 'up')
  }
}

export const namespacePath = (name: string): string => `/run/netns/${name}`

/** Removes interfaces and namespaces that are there, without waiting; returns a line per thing removed. Throws when one cannot be. */
export function removeNetwork(links: readonly string[], namespaces: readonly string[]): string[] {
  const lines: string[] = []
  for (const link of links.filter((name) => existsSync(`/sys/class/net/${name}`))) {
    ipNow('link', 'delete', link)
    lines.push(`removed network interface ${link}`)
  }
  for (const namespace of namespaces.filter((name) => existsSync(namespacePath(name)))) {
    ipNow('netns', 'delete', namespace)
    lines.push(`removed network namespace ${namespace}`)
  }
  return lines
}

function ipNow(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

async function ip(...args: string[]): Promise<string> {
  const result = await run(['ip', ...args])
  if (result.ok) return result.stdout
  throw new KbenchError('environment', `ip ${args.join(' ')} failed`, {
    details: lastLines(result.output, 3),
    hint: 'brokers are isolated by network namespaces: that needs root with CAP_NET_ADMIN and CAP_SYS_ADMIN, and veth and bridge in the kernel',
  })
}
