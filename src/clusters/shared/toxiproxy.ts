import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { BrokerProxy } from '../../contracts/api.ts'
import { cached, cacheFolder } from '../local/cache.ts'
import { type Jvm, startJvm, tailOf } from '../local/jvm.ts'
import { once } from './dispose.ts'
import { findOnPath } from './path.ts'
import { throwIfInterrupted } from './ready.ts'

const version = '2.12.0'
const cacheName = `toxiproxy-server-${version}`

export const toxiproxyHint =
  'install toxiproxy-server (github.com/Shopify/toxiproxy) and set KBENCH_TOXIPROXY to it, or install Go: it is then built once'

/** Path of toxiproxy-server: KBENCH_TOXIPROXY, else on PATH, else built earlier; null = none. Throws `usage` for a wrong KBENCH_TOXIPROXY. */
export function findToxiproxy(): string | null {
  const chosen = process.env.KBENCH_TOXIPROXY
  if (chosen && !existsSync(chosen)) throw new KbenchError('usage', `there is no ${chosen} (KBENCH_TOXIPROXY)`)
  const built = join(cacheFolder(), cacheName)
  return chosen || findOnPath('toxiproxy-server') || (existsSync(built) ? built : null)
}

/** The same, built from its Go module where there is none. Throws `environment` where that is not possible. */
export async function ensureToxiproxy(context: { signal: AbortSignal; say(line: string): void }): Promise<string> {
  const found = findToxiproxy()
  if (found) return found
  if (!findOnPath('go')) {
    throw new KbenchError('environment', 'there is no toxiproxy-server and no go to build it', { hint: toxiproxyHint })
  }
  return cached(cacheName, context, (temporary) => build(temporary, context))
}

async function build(folder: string, context: { signal: AbortSignal; say(line: string): void }): Promise<string> {
  context.say(`building Toxiproxy ${version} from its Go module (once, about a minute)`)
  const result = await execa('go', ['install', `github.com/Shopify/toxiproxy/v2/cmd/server@v${version}`], {
    all: true,
    reject: false,
    stdin: 'ignore',
    cwd: folder,
    env: { GOBIN: folder },
    cancelSignal: context.signal,
    timeout: 600_000,
  })
  throwIfInterrupted(context.signal)
  if (!result.failed) return join(folder, 'server')
  throw new KbenchError('environment', 'Toxiproxy could not be built', {
    details: (result.all || (result.shortMessage ?? '')).trimEnd().split('\n').slice(-5),
    hint: toxiproxyHint,
  })
}

export interface ToxiproxyOptions {
  command: string
  /** Of its HTTP interface, on 127.0.0.1. */
  port: number
  log: string
}

export interface Toxiproxy {
  process: Jvm
  /** Waits until it answers; throws `environment` with the end of its log when it does not. */
  ready(signal: AbortSignal): Promise<void>
  /** A new proxy that listens on 127.0.0.1:`port`. */
  proxy(name: string, port: number, upstream: string): Promise<BrokerProxy>
}

/** One server for all proxies of a cluster, as a child process. */
export function startToxiproxy({ command, port, log }: ToxiproxyOptions): Toxiproxy {
  const server = startJvm({
    name: 'Toxiproxy',
    command,
    args: ['-host', '127.0.0.1', '-port', String(port)],
    env: process.env,
    nice: 0,
    log,
    spawned: () => undefined,
  })
  const ask = asker(port)
  return {
    process: server,
    async ready(signal) {
      const deadline = performance.now() + 10_000
      for (;;) {
        const answers = await ask('GET', '/version').then(
          () => true,
          () => false,
        )
        throwIfInterrupted(signal)
        if (answers) return
        const ended = server.ended()
        if (ended || performance.now() > deadline) {
          const message = `Toxiproxy ${ended ?? 'did not answer within 10 s'}`
          throw new KbenchError('environment', message, { details: await tailOf(log), hint: toxiproxyHint })
        }
        await sleep(50)
      }
    },
    async proxy(name, listenPort, upstream) {
      await ask('POST', '/proxies', { name, listen: `127.0.0.1:${listenPort}`, upstream, enabled: true })
      return brokerProxy(ask, `/proxies/${encodeURIComponent(name)}`)
    },
  }
}

type Ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<void>

function brokerProxy(ask: Ask, path: string): BrokerProxy {
  let toxics = 0
  let disabled = 0
  const enable = (enabled: boolean) => ask('POST', path, { enabled })
  return {
    async toxic(type, stream, attributes) {
      const name = `${type}-${++toxics}`
      await ask('POST', `${path}/toxics`, { name, type, stream, toxicity: 1, attributes })
      return { [Symbol.asyncDispose]: once(() => ask('DELETE', `${path}/toxics/${name}`)) }
    },
    async disable() {
      if (++disabled === 1) await enable(false)
      return {
        [Symbol.asyncDispose]: once(async () => {
          if (--disabled === 0) await enable(true)
        }),
      }
    },
  }
}

/** Throws `environment` with what the server answered when it refuses. */
function asker(port: number): Ask {
  return async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      signal: AbortSignal.timeout(10_000),
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    }).catch((cause: unknown) => {
      throw new KbenchError('environment', `Toxiproxy does not answer: ${messageOf(cause)}`, { cause })
    })
    const text = await response.text()
    if (!response.ok) throw new KbenchError('environment', `Toxiproxy refused ${method} ${path}: ${text.trim()}`)
  }
}
