import { existsSync } from 'node:fs'
import { execa } from 'execa'
import { KbenchError } from '../../base/errors.ts'
import type { IsolatedFrom } from '../../contracts/api.ts'
import { once } from './dispose.ts'
import { requireRoot } from './path.ts'

/** The network namespace of a broker. */
export interface IsolationTarget {
  /** Path that names the namespace: /run/netns/<name>, /proc/<pid>/ns/net. */
  namespace: string
  /** Address under which this machine is seen from inside: where clients come from. */
  gateway: string
  /** The namespace has ended, and its rules with it. */
  isGone(): boolean
}

/** Throws `environment` where brokers cannot be isolated. */
export function requireIsolation(): void {
  requireRoot('isolating brokers', {
    ip: 'iproute2',
    nsenter: 'util-linux',
    iptables: 'iptables',
    'iptables-restore': 'iptables',
  })
}

/** Throws `environment` when iptables does not work in there. */
export async function probeIsolation({ namespace }: IsolationTarget): Promise<void> {
  await inside(namespace, ['iptables', '-w', '-S', 'INPUT'])
}

/**
 * Drops, without an answer to the sender, what goes to and comes from: this machine (clients), everybody else (peers), or both
 * (all). What the broker sends to itself stays. Disposing removes these rules and no other; a namespace that has ended needs none.
 */
export async function isolate(target: IsolationTarget, from: IsolatedFrom): Promise<AsyncDisposable> {
  await change(target.namespace, '-I', rules(target.gateway, from))
  return {
    [Symbol.asyncDispose]: once(async () => {
      if (!target.isGone() && existsSync(target.namespace)) {
        await change(target.namespace, '-D', rules(target.gateway, from))
      }
    }),
  }
}

/** Arguments of iptables, a rule per direction. */
export function rules(gateway: string, from: IsolatedFrom): string[] {
  const sides = {
    all: ['', ''],
    clients: [`-s ${gateway} `, `-d ${gateway} `],
    peers: [`! -s ${gateway} `, `! -d ${gateway} `],
  }
  const [incoming, outgoing] = sides[from]
  return [`INPUT ! -i lo ${incoming}-j DROP`, `OUTPUT ! -o lo ${outgoing}-j DROP`]
}

/** Both rules in one transaction: no moment in which only one direction is cut. */
async function change(namespace: string, action: '-I' | '-D', each: readonly string[]): Promise<void> {
  const input = ['*filter', ...each.map((rule) => `${action} ${rule}`), 'COMMIT', ''].join('\n')
  await inside(namespace, ['iptables-restore', '--wait', '--noflush'], input)
}

async function inside(namespace: string, command: readonly string[], input = ''): Promise<void> {
  const result = await execa('nsenter', [`--net=${namespace}`, ...command], {
    all: true,
    reject: false,
    input,
    timeout: 10_000,
    detached: true, // not cut short by Ctrl-C in a terminal: healing runs then
  })
  if (!result.failed) return
  throw new KbenchError('environment', `${command[0]} failed in the network namespace of a broker`, {
    details: (result.all || (result.shortMessage ?? '')).trimEnd().split('\n').slice(-5),
  })
}
