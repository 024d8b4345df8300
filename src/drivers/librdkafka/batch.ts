import type { OutRecord } from '../../contracts/api.ts'
import type { Address, Calls } from './calls.ts'
import type { Client } from './client.ts'
import { message, messageFlags, parameter, parameterType } from './layout.ts'
import { createAddresses, pin, pinText, putLong } from './memory.ts'

/** Records of one call. */
const capacity = 1000

/** Hands over the first records from `from` on, with one call; answers where the next call begins. */
export type Hand = (records: readonly OutRecord[], from: number) => number

const word = (byte: number) => byte / 4
const messageWords = word(message.size)
const flags = messageFlags.copy | messageFlags.partition

/**
 * The library copies key and value within the call, so a record's memory is its own again when `hand` returns. The
 * closure keeps the array of structs, and whatever it points to.
 */
export function createHand(
  { calls, handle }: Pick<Client, 'calls' | 'handle'>,
  topicOf: (name: string) => Address,
  refused: (record: OutRecord, code: number) => void,
): Hand {
  const structs = pin(capacity * message.size)
  const { words } = structs
  const addressOfValue = createAddresses()
  const addressOfKey = createAddresses()
  const one = createOne(calls, handle)

  const fill = (record: OutRecord, base: number): void => {
    const { key, value } = record
    words[base + word(message.partition)] = record.partition
    putLong(words, base + word(message.payload), value === null ? 0 : addressOfValue(value))
    words[base + word(message.len)] = value === null ? 0 : value.length
    putLong(words, base + word(message.key), key === null ? 0 : addressOfKey(key))
    words[base + word(message.keyLen)] = key === null ? 0 : key.length
    words[base + word(message.private)] = record.slot
  }

  /** A call takes records of one topic, without headers. Answers where the next begins. */
  return (records, from) => {
    const first = records[from]!
    if (first.headers !== undefined) {
      const code = one(first, topicOf(first.topic))
      if (code !== 0) refused(first, code)
      return from + 1
    }
    let to = from
    const last = Math.min(records.length, from + capacity)
    for (; to < last; to++) {
      const record = records[to]!
      if (record.headers !== undefined || record.topic !== first.topic) break
      fill(record, (to - from) * messageWords)
    }
    const count = to - from
    const taken = calls.produceBatch(topicOf(first.topic), 0, flags, structs.address, count)
    if (taken < count) {
      for (let index = 0; index < count; index++) {
        const code = words[index * messageWords + word(message.err)]!
        if (code !== 0) refused(records[from + index]!, code)
      }
    }
    return to
  }
}

const parameterWords = word(parameter.size)
/** Topic, partition, value, key, opaque, flags, and as many headers as kbench sends. */
const mostParameters = 16

/** A record with headers: rd_kafka_produce_batch knows none. Answers the library's error code. */
function createOne(calls: Calls, handle: Address): (record: OutRecord, topic: Address) => number {
  const structs = pin(mostParameters * parameter.size)
  const { words } = structs
  const addressOf = createAddresses()
  const names = new Map<string, Address>()
  const kept: object[] = []
  const nameAddress = (name: string): Address => {
    const known = names.get(name)
    if (known !== undefined) return known
    const text = pinText(name)
    kept.push(text)
    names.set(name, text.address)
    return text.address
  }
  let count = 0
  const add = (type: number, first: number, second = 0, third = 0): void => {
    const base = count++ * parameterWords
    words[base + word(parameter.type)] = type
    putLong(words, base + word(parameter.first), first)
    putLong(words, base + word(parameter.second), second)
    putLong(words, base + word(parameter.third), third)
  }
  return ({ partition, key, value, slot, headers }, topic) => {
    count = 0
    add(parameterType.rkt, topic)
    add(parameterType.partition, partition)
    if (value !== null) add(parameterType.value, addressOf(value), value.length)
    if (key !== null) add(parameterType.key, addressOf(key), key.length)
    add(parameterType.opaque, slot)
    add(parameterType.flags, messageFlags.copy)
    for (const name in headers) {
      if (count === mostParameters) throw new RangeError('more headers than the driver has room for')
      const header = headers[name]!
      add(parameterType.header, nameAddress(name), addressOf(header), header.length)
    }
    const error = calls.produceOne(handle, structs.address, count)
    if (error === 0) return 0
    const code = calls.errorCodeOf(error)
    calls.destroyError(error)
    return code
  }
}
