import type { Consumer, ConsumerContext, ConsumerSettings } from '../../contracts/api.ts'
import { rangeAssigner } from './assigner.ts'
import { connection, effective, load, unusable } from './client.ts'
import { describeError } from './errors.ts'
import { createMember, type Member, untilAborted } from './member.ts'

/** Before a request is tried again, and before a consumer is made anew. */
const pauseMs = 100

export async function createConsumer(settings: ConsumerSettings, context: ConsumerContext): Promise<Consumer> {
  const platformatic = await load()
  const config = consumerConfig(settings, context)
  let member: Member | null = null
  return {
    effectiveConfig: {
      ...effective(config),
      assignor: settings.assignor,
      'kbench.commitIntervalMs': settings.commitIntervalMs,
    },
    async run(onBatch, signal) {
      let joined = false
      while (!signal.aborted) {
        member = createMember(platformatic, config, settings, context)
        try {
          await member.run(onBatch, signal)
          joined ||= member.hasJoined()
        } catch (error) {
          joined ||= member.hasJoined()
          if (!joined) throw unusable('join its group', error)
          // What an application has to do as well: neither the stream nor the group membership comes back by itself.
          context.event('client-error', `consumer made anew: ${describeError(error)}`)
        }
        if (signal.aborted) break
        context.assigned([])
        await member.close()
        await sleep(pauseMs, signal)
      }
    },
    async [Symbol.asyncDispose]() {
      await member?.close()
    },
  }
}

function consumerConfig(settings: ConsumerSettings, context: ConsumerContext): Record<string, unknown> {
  const { fetch } = settings
  return {
    // Few: while it asks a broker that is gone again, it does not look for the one that leads now.
    ...connection(context, { requestTimeoutMs: 30_000, retries: 5, retryBackoffMs: pauseMs }),
    groupId: settings.group,
    ...(settings.instanceId !== null && { groupInstanceId: `${settings.instanceId}-${settings.member}` }),
    sessionTimeout: settings.sessionTimeoutMs,
    rebalanceTimeout: Math.max(60_000, settings.sessionTimeoutMs),
    heartbeatInterval: settings.heartbeatMs,
    protocols: [{ name: settings.assignor, version: 0 }],
    ...(settings.assignor === 'range' && { partitionAssigner: rangeAssigner }),
    maxWaitTime: fetch.maxWaitMs,
    minBytes: fetch.minBytes,
    maxBytes: fetch.maxBytes,
    maxBytesPerPartition: fetch.maxPartitionBytes,
    isolationLevel: settings.isolation === 'read_committed' ? 1 : 0,
    // Its own commits what was fetched, delivered or not; a timer commits what was delivered.
    autocommit: false,
    ...settings.clientConfig,
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await Promise.race([new Promise((resolve) => setTimeout(resolve, ms)), untilAborted(signal)])
}
