import { createHash } from 'node:crypto'
import { realpathSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExecaError, execa } from 'execa'
import { messageOf } from '../../base/errors.ts'
import { accepts } from '../../base/tcp.ts'
import { leasedPorts } from '../shared/lease.ts'
import { findOnPath } from '../shared/path.ts'
import { freePorts } from '../shared/ports.ts'
import { throwIfInterrupted } from '../shared/ready.ts'
import { cached } from './cache.ts'
import type { KafkaJars } from './jars.ts'
import { loggingOption, writeLogging } from './logging.ts'

/** Time that a broker has to start and to write the archive, ms. */
const limitMs = 120_000

/** The JVM's own words where it cannot use an archive are of no use to anybody: it starts without. */
export const archiveOptions = (archive: string | null): string[] =>
  archive === null ? [] : [`-XX:SharedArchiveFile=${archive}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off']

/**
 * An archive of the classes that a broker loads while it starts (JEP 350). Every JVM of this Java maps Kafka's classes
 * from it: a broker starts with about half the processor time. The apache/kafka image has such an archive too. Made
 * once for these jars and this Java, and kept beside the jars. Null with the jars of KAFKA_HOME, which are not ours,
 * with a Java before 17, and with a Kafka before 3.3, whose brokers cannot start by themselves. Null also where a
 * broker could not make one.
 */
export async function classArchive(
  java: { command: string; major: number },
  jars: KafkaJars,
  context: { signal: AbortSignal; say(line: string): void },
): Promise<string | null> {
  if (jars.source !== 'cache' || java.major < 17 || !startsAlone(jars.version)) return null
  try {
    const path = await cached(`kafka-${jars.version}-${identityOf(java.command)}.jsa`, context, async (temporary) => {
      context.say(`preparing Kafka ${jars.version}: its brokers start faster from now on (once, about 10 s)`)
      const archive = join(temporary, 'archive.jsa')
      try {
        await makeArchive(java.command, jars, temporary, archive, context.signal)
      } catch (error) {
        throwIfInterrupted(context.signal)
        context.say(`brokers start without a class archive: ${reasonOf(error)}`)
        // An empty one: the next run does not try again.
        await writeFile(archive, '')
      }
      return archive
    })
    return statSync(path).size > 0 ? path : null
  } catch (error) {
    throwIfInterrupted(context.signal)
    context.say(`brokers start without a class archive: ${messageOf(error)}`)
    return null
  }
}

const reasonOf = (error: unknown): string => (error instanceof ExecaError ? error.shortMessage : messageOf(error))

function startsAlone(kafkaVersion: string): boolean {
  const [major = 0, minor = 0] = kafkaVersion.split('.').map(Number)
  return major >= 4 || (major === 3 && minor >= 3)
}

/** Of the Java: another one, or the same after an update, cannot use the archive. */
function identityOf(command: string): string {
  const path = realpathSync(findOnPath(command) ?? command)
  return createHash('sha256')
    .update(`${path}\0${statSync(path).mtimeMs}`)
    .digest('hex')
    .slice(0, 12)
}

/** Starts a broker of its own, with one node and nothing in it, and ends it: the JVM writes the archive at its end. */
async function makeArchive(
  java: string,
  jars: KafkaJars,
  folder: string,
  archive: string,
  signal: AbortSignal,
): Promise<void> {
  const [client, controller] = await freePorts(2, new Set(leasedPorts()))
  const config = join(folder, 'server.properties')
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${client},CONTROLLER://127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'offsets.topic.replication.factor': 1,
    'log.dirs': join(folder, 'data'),
  }
  await writeFile(
    config,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  await writeLogging(folder, jars.version)
  const light = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  const surroundings = [`-Djava.io.tmpdir=${folder}`, loggingOption(folder, jars.version), '-cp', `${jars.folder}/*`]
  // It writes the archive after SIGTERM, which takes seconds.
  const options = { stdio: 'ignore', cancelSignal: signal, timeout: limitMs, forceKillAfterDelay: limitMs } as const
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'a2JlbmNoLWNsYXNzZXMtMQ', '-c', config]
  await execa(java, [...light, ...surroundings, ...format], options)
  const broker = execa(
    java,
    [`-XX:ArchiveClassesAtExit=${archive}`, ...light, ...surroundings, 'kafka.Kafka', config],
    options,
  )
  let ended = false
  const end = broker.then(
    () => null,
    // It is ended by a signal, and has written the archive by then.
    (error: ExecaError) => (error.exitCode === 143 ? null : error),
  )
  void end.then(() => (ended = true))
  while (!ended && !(await accepts({ host: '127.0.0.1', port: client! }))) await sleep(100)
  broker.kill('SIGTERM')
  const error = await end
  if (error) throw error
  if (statSync(archive, { throwIfNoEntry: false }) === undefined) throw new Error('the JVM wrote none')
}
