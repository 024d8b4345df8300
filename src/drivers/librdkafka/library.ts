import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import koffi from 'koffi'
import { KbenchError, messageOf } from '../../base/errors.ts'
import { findLibrdkafka, librdkafkaHint, librdkafkaName } from '../../kafka/librdkafka.ts'
import { bindCalls, type Calls } from './calls.ts'

/** Oldest version that is accepted: the first with the group's queue closed by an event, and with KIP-848's predecessors stable. */
const oldest = 0x02000000

export interface Library {
  path: string
  /** As the library writes it: 2.12.0. */
  version: string
  /** What it was built with: gzip, snappy, ssl, sasl_scram … */
  features: readonly string[]
  calls: Calls
}

/**
 * `where`: auto (what node-rdkafka built, else the system's), node-rdkafka, system, or an absolute path. Opened once per thread; throws
 * `environment` where there is none, or one of another architecture or of a version that kbench does not know how to drive.
 */
export function openLibrary(where: string): Library {
  const known = opened.get(where)
  if (known) return known
  const path = pathOf(where)
  const library = bind(path)
  opened.set(where, library)
  return library
}

const opened = new Map<string, Library>()

const remedy = (): string =>
  `${librdkafkaHint()}; or install librdkafka 2 (Debian: librdkafka1, macOS: brew install librdkafka), or name its file: clientConfig.librdkafka.library`

function pathOf(where: string): string {
  const built = findLibrdkafka()
  if (where === 'auto') return built ?? librdkafkaName
  if (where === 'system') return librdkafkaName
  if (where === 'node-rdkafka') {
    if (built !== null) return built
    throw new KbenchError('environment', 'node-rdkafka has built no shared librdkafka', { hint: remedy() })
  }
  if (!isAbsolute(where)) {
    const hint = 'auto, node-rdkafka, system, or an absolute path'
    throw new KbenchError('profile', `clientConfig.librdkafka.library: "${where}" is no library`, { hint })
  }
  if (!existsSync(where)) {
    throw new KbenchError('environment', `there is no librdkafka at ${where}`, { hint: remedy() })
  }
  return where
}

function bind(path: string): Library {
  const refuse = (why: string, cause?: unknown) =>
    new KbenchError('environment', `librdkafka (${path}) cannot be used: ${why}`, { cause, hint: remedy() })
  if (process.platform === 'win32') throw refuse('kbench drives it on Linux and macOS')
  const machine = foreignMachine(path)
  if (machine !== null)
    throw refuse(`it is built for another architecture (ELF machine ${machine}, not ${process.arch})`)
  let library: ReturnType<typeof koffi.load>
  try {
    library = koffi.load(path)
  } catch (cause) {
    throw refuse(firstLine(messageOf(cause)), cause)
  }
  const version = versionOf(library)
  if (version === null) throw refuse('it is another library')
  if (version < oldest || version >>> 24 !== oldest >>> 24) {
    throw refuse(`it is version ${textOf(version)}, and kbench drives 2.0.0 up to, not including, 3`)
  }
  let calls: Calls
  try {
    calls = bindCalls(library)
  } catch (cause) {
    throw refuse(firstLine(messageOf(cause)), cause)
  }
  return { path, version: calls.versionText(), features: featuresOf(calls), calls }
}

/** e_machine of ELF, by Node's names. */
const machines: Readonly<Record<string, number>> = {
  x64: 62,
  arm64: 183,
  arm: 40,
  ia32: 3,
  ppc64: 21,
  s390x: 22,
  riscv64: 243,
}

/** The loader says of a file for another processor that there is none; null = it is for this one, or no ELF file. */
function foreignMachine(path: string): number | null {
  const expected = machines[process.arch]
  if (expected === undefined || !isAbsolute(path)) return null
  const head = Buffer.alloc(20)
  const file = openSync(path, 'r')
  try {
    readSync(file, head)
  } finally {
    closeSync(file)
  }
  if (head.toString('latin1', 0, 4) !== '\x7fELF') return null
  // Byte 5 is 2 where numbers are big-endian.
  const machine = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18)
  return machine === expected ? null : machine
}

/** As rd_kafka_version has it: 0xMMmmrrxx. */
function versionOf(library: ReturnType<typeof koffi.load>): number | null {
  try {
    return Number(library.func('rd_kafka_version', 'int', [])())
  } catch {
    return null // no such function: some other library
  }
}

const textOf = (version: number) => [24, 16, 8].map((bits) => (version >>> bits) & 255).join('.')

/** What conf property builtin.features says. */
function featuresOf(calls: Calls): string[] {
  const conf = calls.newConf()
  try {
    const text = Buffer.alloc(1024)
    const size = new BigUint64Array([BigInt(text.length)])
    if (calls.get(conf, 'builtin.features', text, size) !== 0) return []
    return text.toString('latin1', 0, text.indexOf(0)).split(',')
  } finally {
    calls.destroyConf(conf)
  }
}

const firstLine = (text: string) => text.split('\n', 1)[0]!
