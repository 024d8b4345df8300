import { compiled } from './schedule-of.ts'
import type { Profile } from './schema.ts'
import { isReadable } from './shapes.ts'
import { valueText } from './text.ts'

/** What is legal and yet worth a sentence: it limits what the result can say. */
export function notesOn(profile: Profile): string[] {
  const notes: string[] = []
  const { size, stamp } = profile.load.record
  const smallest = typeof size === 'number' ? size : Math.min(...('uniform' in size ? size.uniform : size.list))
  if (stamp === 'value' && smallest < 32) {
    notes.push(
      `load.record.size: values of ${smallest} bytes cannot hold the 32-byte stamp, so they will be not-audited; stamp: header audits them`,
    )
  }
  const { security } = profile.cluster
  const { mechanism } = security?.sasl ?? {}
  if (mechanism === 'plain' && !security?.tls) {
    notes.push('cluster.security: the password travels unencrypted; tls: true encrypts it')
  }
  if (mechanism === 'oauthbearer' && !security?.tls) {
    notes.push('cluster.security: the token travels unencrypted; tls: true encrypts it')
  }
  if (typeof security?.tls === 'object' && security.tls.verification === 'none') {
    notes.push(
      'cluster.security: certificates are not verified, so whoever is on the way can read and alter everything',
    )
  }
  notes.push(...notesOnSize(profile), ...notesOnRetention(profile), ...notesOnShape(profile))
  return notes
}

/** A shape that the measurement cuts. */
function notesOnShape(profile: Profile): string[] {
  const { lengthNs } = isReadable(profile.load.rate) ? compiled(profile) : { lengthNs: null }
  const measureMs = profile.phases.measure
  if (lengthNs === null || lengthNs <= Math.round(measureMs * 1e6)) return []
  const [shape, measure] = [lengthNs / 1e6, measureMs].map((ms) => valueText(['phases', 'measure'], ms))
  return [`load.rate: the shape takes ${shape}, and phases.measure is ${measure}: what comes later is left out`]
}

/** Kafka's own default of max.message.bytes. */
const defaultMaxBytes = 1_048_588
/** Of a batch of one record, beside key and value (format 2). */
const overheadBytes = 61 + 21

/** Records that the topic will not take. A topic that is there may take others: then its own limit counts, which is asked for in the run. */
function notesOnSize({ load, topic, producers }: Profile): string[] {
  const stated = topic.config['max.message.bytes']
  if (stated === undefined && topic.name !== undefined) return []
  const limit = Number(stated ?? defaultMaxBytes)
  const { size } = load.record
  const largest = largestBatchOfOne(load)
  if (!Number.isFinite(limit) || largest <= limit) return []
  const what = `load.record.size: a record of ${largestOf(size)} bytes takes ${largest} in a batch of its own, and the topic takes ${limit} (topic.config.max.message.bytes${stated === undefined ? ', by default' : ''})`
  return [
    producers.compression === 'none'
      ? `${what}: it will be refused`
      : `${what}: it fits only if it is compressed enough`,
  ]
}

/** What the largest record takes in a batch of its own, uncompressed, bytes: what a topic's max.message.bytes is compared with. Pure. */
export function largestBatchOfOne({ record: { keys, size, stamp } }: Profile['load']): number {
  const keyBytes = keys.distribution === 'none' ? 0 : 1 + String(keys.cardinality - 1).length
  const headerBytes = stamp === 'header' ? 60 : 0
  return largestOf(size) + keyBytes + headerBytes + overheadBytes
}

const largestOf = (size: Profile['load']['record']['size']): number =>
  typeof size === 'number' ? size : Math.max(...('uniform' in size ? size.uniform : size.list))

/** Records that are removed while they are still to be read back. */
function notesOnRetention({ topic, phases }: Profile): string[] {
  const retentionMs = Number(topic.config['retention.ms'] ?? -1)
  const runMs = phases.warmup + phases.measure + phases.drain
  if (!(retentionMs >= 0) || retentionMs > runMs) return []
  const [kept, run] = [retentionMs, runMs].map((ms) => valueText(['phases', 'measure'], ms))
  return [
    `topic.config.retention.ms: records are kept for ${kept}, and a variant takes up to ${run}: what is removed meanwhile is not audited, and groups may miss it`,
  ]
}
