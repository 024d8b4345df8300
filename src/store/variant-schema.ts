import { z } from 'zod'
import { findingLevels } from '../contracts/findings.ts'
import {
  count,
  each,
  figure,
  histogram,
  listOf,
  mapOf,
  maybe,
  name,
  namesAtMost,
  quantity,
  rowsAtMost,
  scalar,
  seconds,
  secondsOrNone,
  text,
} from './field-schemas.ts'

// The shape of a variant (contracts/result.ts) as every kbench has written it: what came later is optional, and what is not named here passes
// and is read by nobody.

/** A row a second: eight months of them. */
const rows = rowsAtMost
/** Partition-seconds are many; lines of a table are not. */
const partitionsAtMost = 200_000
const columnsAtMost = 200_000
const linesAtMost = 10_000

export const params = mapOf(scalar, 200)
/** Settings, of a client or a profile, as they are written: of any depth that {@link structureProblem} lets pass. */
export const anything = mapOf(z.unknown(), 10_000)
export const statuses = z.enum(['ok', 'invalid', 'failed', 'interrupted'])
const table = z.looseObject({ columns: mapOf(listOf(figure, rows), columnsAtMost) })

const latency = z.looseObject({
  ...each(count, 'count', 'notAcked', 'overflow'),
  ...each(figure, 'min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'p9999', 'max'),
  histogram,
})
const findingField = z.union([
  text,
  z.number(),
  z.boolean(),
  z.null(),
  listOf(text, linesAtMost),
  listOf(z.number(), partitionsAtMost),
])
const finding = z
  .looseObject({ code: name, level: z.enum([...new Set(Object.values(findingLevels))]), text })
  .catchall(findingField)
const bound = z.looseObject({
  by: listOf(name, 100),
  evidence: listOf(z.looseObject({ ...each(name, 'by', 'metric', 'unit'), ...each(figure, 'value', 'limit') }), 1000),
})
const faultPartition = z.looseObject({
  topic: name,
  id: z.int(),
  ...each(figure, 'leaderBefore', 'leaderAfter', 'unavailableMs', 'clientGapMs', 'resolutionMs', 'electionMs'),
  ...each(figure, 'isrRestoredS', 'firstAckMs', 'isrShrunkMs'),
  recovered: z.boolean(),
})
const fault = z.looseObject({
  ...each(text, 'use', 'target', 'detail'),
  ...each(listOf(z.int(), linesAtMost).optional(), 'brokers', 'workers'),
  problem: maybe(z.enum(['not-injected', 'not-verified', 'not-healed'])).optional(),
  injectedAtS: seconds,
  ...each(secondsOrNone, 'verifiedAtS', 'healedAtS'),
  evidence: text.optional(),
  calmBeforeS: secondsOrNone.optional(),
  lagPeak: mapOf(z.looseObject({ records: figure, seconds: figure, atS: secondsOrNone })),
  drainS: mapOf(secondsOrNone),
  drainRecordsPerSec: mapOf(figure),
  ...each(figure, 'leadershipRestoredS', 'underReplicatedS', 'underMinIsrS', 'offlineS', 'uncleanElections'),
  partitions: listOf(faultPartition, partitionsAtMost),
})
const clientThrottle = z.looseObject({ ...each(figure, 'maxMs', 'sumMs', 'responses'), reason: maybe(text) })
const reference = z.looseObject({
  ...each(text, 'tool', 'version'),
  produce: maybe(
    z.looseObject({
      ...each(quantity, 'records', 'recordsPerSec', 'bytesPerSec'),
      steadyRecordsPerSec: figure,
      latencyMs: z.looseObject({ ...each(quantity, 'mean', 'max'), ...each(figure, 'p50', 'p95', 'p99', 'p999') }),
    }),
  ),
  consume: listOf(
    z.looseObject({ group: name, ...each(quantity, 'records', 'recordsPerSec', 'bytesPerSec', 'fetchRecordsPerSec') }),
  ),
  runs: listOf(z.looseObject(each(text, 'command', 'printed'))),
})
const broker = z.looseObject({
  id: z.int(),
  ...each(figure, 'cpuPercent', 'rssBytes'),
  ...each(figure, 'diskBytes', 'networkInBytes', 'networkOutBytes'),
  ...each(figure.optional(), 'handlerIdlePercent'),
  ...each(figure.optional(), 'inBytesPerSec', 'outBytesPerSec', 'underReplicated'),
})

export const variantSchema = z.looseObject({
  id: name,
  status: z.enum([...statuses.options, 'unsupported']),
  reasons: listOf(text, linesAtMost),
  findings: listOf(finding, linesAtMost).optional(),
  bound: maybe(bound).optional(),
  params,
  repeat: z.int(),
  session: z.int().optional(),
  phases: listOf(z.looseObject({ name, startS: seconds, endS: seconds }), 100),
  effectiveConfig: z.looseObject({ producer: maybe(anything), consumer: maybe(anything) }),
  ledger: z.looseObject(each(count, 'scheduled', 'acked', 'failed', 'unknown', 'unsent')),
  integrity: z.looseObject({
    ...each(count, 'audited', 'lost', 'duplicated', 'reordered', 'redelivered', 'corrupt', 'failedButRead'),
    ...each(count, 'unknownRead', 'auditedMeasure'),
    logRecords: quantity,
    verdict: z.enum(['ok', 'violated', 'not-audited']),
    reasons: listOf(text, linesAtMost),
  }),
  produce: z.looseObject({
    ...each(quantity, 'sentPerSec', 'ackedPerSec', 'ackedBytesPerSec'),
    ...each(figure, 'offeredPerSec', 'recordsPerBatch'),
    ...each(maybe(latency), 'responseUs', 'serviceUs'),
    errors: mapOf(count),
    throttle: clientThrottle.optional(),
  }),
  consume: maybe(
    z.looseObject({
      ...each(quantity, 'receivedPerSec', 'receivedBytesPerSec'),
      endToEndUs: maybe(latency),
      byTimestampUs: latency.extend({ clock: z.literal('other') }).optional(),
      throttle: clientThrottle.optional(),
    }),
  ),
  lag: mapOf(
    z.looseObject(each(figure, 'maxRecords', 'p99Records', 'endRecords', 'positionMaxRecords', 'maxSeconds', 'drainS')),
  ),
  generator: z.looseObject({
    ...each(latency, 'scheduleLagUs', 'backpressureUs', 'eventLoopDelayUs'),
    ...each(figure, 'cpuPercent', 'rssBytes'),
    ...each(quantity, 'gcMs', 'gcMaxMs'),
    valid: z.boolean(),
    reasons: listOf(text, linesAtMost),
  }),
  brokers: maybe(listOf(broker)),
  throttle: maybe(
    listOf(
      z.looseObject({ id: z.int(), ...each(figure, 'produceMs', 'fetchMs', 'requestMs', 'produceBytesPerSec') }),
      namesAtMost,
    ),
  ).optional(),
  faults: listOf(fault, linesAtMost),
  rebalances: listOf(
    z.looseObject({
      group: name,
      member: quantity,
      atS: seconds,
      pauseMs: figure,
      partitionsMoved: quantity,
      protocol: name,
    }),
    partitionsAtMost,
  ),
  events: listOf(
    z.looseObject({
      atS: seconds,
      kind: name,
      topic: name.optional(),
      ...each(quantity.optional(), 'partition', 'broker'),
      detail: text,
    }),
    partitionsAtMost,
  ),
  series: table.extend({ tickS: listOf(seconds, rows) }),
  timelines: mapOf(table.extend({ atS: listOf(seconds, rows) }), 100),
  heat: z.looseObject({ atS: listOf(seconds, rows), histograms: listOf(histogram, rows) }),
  reference: reference.optional(),
})
