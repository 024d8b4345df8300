import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { KbenchError } from '../../base/errors.ts'
import { identify, isAlive, type ProcessIdentity } from '../../base/processes.ts'
import type { BrokerNode } from '../../contracts/api.ts'
import type { KafkaService } from '../local/server-properties.ts'
import { type BrokerEnd, isGraceful, sessionLeft } from '../local/zookeeper.ts'
import { usageReader } from '../shared/usage.ts'
import { type Container, docker, lastLines, logTail, run } from './docker.ts'

/** A broker's container: its process, signals, a new start. */
export type ContainerNode = Pick<Required<BrokerNode>, 'pid' | 'signal' | 'start' | 'logTail' | 'usage'>

interface Running {
  pid: number
  /** null where this machine does not see the process (Docker in a virtual machine, or elsewhere). */
  identity: ProcessIdentity | null
}

/**
 * `pid` is undefined once the process has ended. SIGSTOP and SIGCONT are `docker pause` and `unpause`, which freeze every process
 * of the container; other signals go to its first process.
 */
export async function containerNode(broker: KafkaService, container: Container): Promise<ContainerNode> {
  let running = await lookAt(container)
  const pid = () => (running?.identity && !isAlive(running.identity) ? undefined : running?.pid)
  /** Where /proc does not show that it has ended, Docker does. */
  const noticeEnd = async () => {
    const before = running
    if (!before || before.identity) return
    const { ok } = await run(['docker', 'wait', container.id])
    if (ok && running === before) running = null
  }
  return {
    get pid() {
      return pid()
    },
    async signal(signal) {
      if (signal === 'SIGSTOP') return freeze(container, true)
      if (signal === 'SIGCONT') return freeze(container, false)
      await docker(['kill', '--signal', signal, container.id])
      if (signal === 'SIGKILL') await noticeEnd()
      else if (signal === 'SIGTERM' || signal === 'SIGINT') void noticeEnd()
    },
    async start() {
      // `docker start` does nothing to a container that is still shutting down.
      const ended = await run(['docker', 'wait', container.id], { timeoutMs: 30_000 })
      if (!ended.ok) throw new KbenchError('environment', `broker ${broker.id} still runs: cannot start it again`)
      await sleep(sessionLeft(broker, await endOf(container)))
      await docker(['start', container.id])
      running = await lookAt(container)
    },
    logTail: () => logTail(container),
    usage: usageReader(pid),
  }
}

async function endOf({ id }: Container): Promise<BrokerEnd> {
  const state = await docker(['inspect', '--format', '{{.State.ExitCode}} {{.State.FinishedAt}}', id])
  const [exitCode, finishedAt = ''] = state.split(' ')
  return { gracefully: isGraceful(Number(exitCode)), agoMs: Date.now() - Date.parse(finishedAt) }
}

async function lookAt({ id }: Container): Promise<Running | null> {
  const pid = Number(await docker(['inspect', '--format', '{{.State.Pid}}', id]))
  if (!pid) return null
  return { pid, identity: (await isSeenHere(pid, id)) ? identify(pid) : null }
}

/** The pid is that of the container on this machine too. */
export async function isSeenHere(pid: number, containerId: string): Promise<boolean> {
  const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')
  return cgroup.includes(containerId)
}

async function freeze({ id }: Container, wanted: boolean): Promise<void> {
  const result = await run(['docker', wanted ? 'pause' : 'unpause', id])
  if (result.ok) return
  // As with a process, a second SIGSTOP or SIGCONT is no error.
  const state = await docker(['inspect', '--format', '{{.State.Running}} {{.State.Paused}}', id])
  if (state !== `true ${wanted}`) {
    const details = lastLines(result.output)
    throw new KbenchError('environment', `docker ${wanted ? 'pause' : 'unpause'} failed`, { details })
  }
}
