import { createRequire } from 'node:module'
import { createErrorFromCode, Decoder, Encoder, type RawRequest } from './raw-request.ts'

/**
 * Requests that change a cluster, one attempt each, for any broker: a KRaft broker forwards them to the controller. Those that
 * kafkajs has are taken from its protocol; elections and incremental changes of settings follow the message definitions of
 * Apache Kafka (clients/src/main/resources/common/message). All reject with the broker's error.
 */
const require = createRequire(import.meta.url)

const notController = 41

/** How long the controller may take, ms. */
const timeoutMs = 30_000

/** ElectLeaders v1. `unclean`: also a replica that is not in sync, where nobody else is left. `error`: its name, null = led as wanted. */
export function electRequest(
  topic: string,
  partitions: readonly number[],
  unclean: boolean,
): RawRequest<{ partition: number; error: string | null }[]> {
  return {
    since: '2.4',
    request: {
      apiKey: 43,
      apiVersion: 1,
      apiName: 'ElectLeaders',
      async encode() {
        const encoder = new Encoder()
          .writeInt8(unclean ? 1 : 0)
          .writeInt32(1)
          .writeString(topic)
          .writeInt32(partitions.length)
        for (const partition of partitions) encoder.writeInt32(partition)
        return encoder.writeInt32(timeoutMs)
      },
    },
    response: {
      async decode(raw) {
        const decoder = new Decoder(raw)
        decoder.readInt32() // throttle time
        const failed = decoder.readInt16()
        if (failed !== 0) throw createErrorFromCode(failed)
        const topics = decoder.readArray((d) => {
          d.readString()
          return d.readArray((each) => {
            const partition = each.readInt32()
            const code = each.readInt16()
            // Reported per partition, and true of the broker as a whole.
            if (code === notController) throw createErrorFromCode(code)
            const error = electionError(code)
            each.readString() // the same in words
            return { partition, error }
          })
        })
        return topics.flat()
      },
      parse: async (data) => data,
    },
  }
}

/** ELECTION_NOT_NEEDED (84) is what was wanted. */
function electionError(code: number): string | null {
  return code === 0 || code === 84 ? null : ((createErrorFromCode(code) as { type?: string }).type ?? String(code))
}

/** `default`: of all brokers that have no value of their own. */
export type ConfigResource = { topic: string } | { broker: number | 'default' }

const typeOf = (resource: ConfigResource) => ('topic' in resource ? 2 : 4)
const nameOf = (resource: ConfigResource) =>
  'topic' in resource ? resource.topic : resource.broker === 'default' ? '' : String(resource.broker)

/** IncrementalAlterConfigs v0, Kafka 2.3: sets values, and removes those that are null. Settings of a broker go to that broker. */
export function alterConfigsRequest(
  resource: ConfigResource,
  values: Readonly<Record<string, string | null>>,
): RawRequest<true> {
  const kind = { since: '2.3', apiKey: 44, apiName: 'IncrementalAlterConfigs' }
  return configsRequest(kind, resource, values, (encoder, value) => encoder.writeInt8(value === null ? 1 : 0))
}

/**
 * AlterConfigs v0, for brokers before Kafka 2.3: what is not named is removed, so all that is to stay has to be in `values`. Settings of a
 * broker go to that broker.
 */
export function replaceConfigsRequest(
  resource: ConfigResource,
  values: Readonly<Record<string, string>>,
): RawRequest<true> {
  const kind = { since: '0.11', apiKey: 33, apiName: 'AlterConfigs' }
  return configsRequest(kind, resource, values, (encoder) => encoder)
}

/** Both differ in what stands between name and value. */
function configsRequest(
  { since, apiKey, apiName }: { since: string; apiKey: number; apiName: string },
  resource: ConfigResource,
  values: Readonly<Record<string, string | null>>,
  writeOperation: (encoder: Encoder, value: string | null) => Encoder,
): RawRequest<true> {
  const entries = Object.entries(values)
  return {
    since,
    request: {
      apiKey,
      apiVersion: 0,
      apiName,
      async encode() {
        const encoder = new Encoder()
          .writeInt32(1)
          .writeInt8(typeOf(resource))
          .writeString(nameOf(resource))
          .writeInt32(entries.length)
        for (const [name, value] of entries) writeOperation(encoder.writeString(name), value).writeString(value)
        return encoder.writeBoolean(false)
      },
    },
    response: alterConfigsResponse,
  }
}

/** Of both kinds of change, which have it alike. */
const alterConfigsResponse: RawRequest<true>['response'] = {
  async decode(raw) {
    const decoder = new Decoder(raw)
    decoder.readInt32() // throttle time
    decoder.readArray((d) => {
      const code = d.readInt16()
      const message = d.readString()
      if (code !== 0) throw described(code, message)
      d.readInt8()
      d.readString()
    })
    // kafkajs looks at the answer: it must not be undefined.
    return true
  },
  parse: async (data) => data,
}

/** The broker's own words say which setting it is about. */
function described(code: number, message: string | null): Error {
  const error = createErrorFromCode(code)
  if (message) error.message = message
  return error
}

export interface ConfigEntry {
  name: string
  /** null = not reported, because it is secret. */
  value: string | null
  /** Set on the topic, or on this very broker while it ran; not a default, nor from its file. */
  own: boolean
  /** ConfigSource of Kafka. */
  source: number
  /** It cannot be changed while the broker runs. */
  readOnly: boolean
}

/** DescribeConfigs v2: the named settings (none named: all), those that do not exist left out. Settings of a broker are asked of that broker. */
export function describeConfigsRequest(
  resource: ConfigResource,
  names: readonly string[],
): RawRequest<readonly ConfigEntry[]> {
  const { response, ...request } = describeAllRequest([resource], names)
  return {
    ...request,
    response: { parse: async (data) => data, decode: async (raw) => (await response.decode(raw))[0]! },
  }
}

/** The same of several resources in one request, in their order. */
export function describeAllRequest(
  resources: readonly ConfigResource[],
  names: readonly string[],
): RawRequest<readonly (readonly ConfigEntry[])[]> {
  const request = require('kafkajs/src/protocol/requests/describeConfigs/v2/request')
  const { decode, parse } = require('kafkajs/src/protocol/requests/describeConfigs/v2/response')
  const asked = resources.map((each) => ({ type: typeOf(each), name: nameOf(each), configNames: [...names] }))
  return {
    since: '2.1',
    request: request({ resources: asked }),
    response: {
      async decode(raw) {
        const answer: { resources: RawConfigs[] } = await parse(await decode(raw))
        return resources.map((each) => {
          const described = answer.resources.find(
            ({ resourceType, resourceName }) => resourceType === typeOf(each) && resourceName === nameOf(each),
          )
          return (described?.configEntries ?? []).map(({ configName, configValue, configSource, readOnly }) => ({
            name: configName,
            value: configValue,
            own: configSource === ownSource(each),
            source: configSource,
            readOnly: Boolean(readOnly),
          }))
        })
      },
      parse: async (data) => data,
    },
  }
}

interface RawConfigs {
  resourceType: number
  resourceName: string
  configEntries: { configName: string; configValue: string | null; configSource: number; readOnly: boolean }[]
}

/** TOPIC_CONFIG and DYNAMIC_BROKER_CONFIG. */
const ownSource = (resource: ConfigResource): number => ('topic' in resource ? 1 : 2)

/** AlterPartitionReassignments v0: the replicas that each partition is to have, in order; resolves when the move has begun. */
export function reassignRequest(topic: string, replicas: ReadonlyMap<number, readonly number[]>): RawRequest<unknown> {
  const request = require('kafkajs/src/protocol/requests/alterPartitionReassignments/v0/request')
  const response = require('kafkajs/src/protocol/requests/alterPartitionReassignments/v0/response')
  const partitionAssignment = [...replicas].map(([partition, brokers]) => ({ partition, replicas: [...brokers] }))
  return { since: '2.4', request: request({ topics: [{ topic, partitionAssignment }], timeout: timeoutMs }), response }
}

/** ListPartitionReassignments v0: which of the partitions are being moved. */
export function reassigningRequest(topic: string, partitions: readonly number[]): RawRequest<readonly number[]> {
  const request = require('kafkajs/src/protocol/requests/listPartitionReassignments/v0/request')
  const { decode, parse } = require('kafkajs/src/protocol/requests/listPartitionReassignments/v0/response')
  return {
    since: '2.4',
    request: request({ topics: [{ topic, partitions: [...partitions] }], timeout: timeoutMs }),
    response: {
      async decode(raw) {
        const { topics } = await parse(await decode(raw))
        return (topics as { partitions: { partition: number }[] }[]).flatMap((each) =>
          each.partitions.map(({ partition }) => partition),
        )
      },
      parse: async (data) => data,
    },
  }
}

/** CreatePartitions v0: the topic is to have so many in all. */
export function addPartitionsRequest(topic: string, count: number): RawRequest<unknown> {
  const request = require('kafkajs/src/protocol/requests/createPartitions/v0/request')
  const response = require('kafkajs/src/protocol/requests/createPartitions/v0/response')
  return { since: '1.0', request: request({ topicPartitions: [{ topic, count }], timeout: timeoutMs }), response }
}
