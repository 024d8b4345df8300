import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { KbenchError } from '../../base/errors.ts'
import { throwIfInterrupted } from '../shared/ready.ts'
import { cached, cacheFolder } from './cache.ts'
import { findMaven } from './java.ts'

export interface KafkaJars {
  /** Folder of jars. */
  folder: string
  version: string
  source: 'KAFKA_HOME' | 'cache'
}

/**
 * Jars that are on this machine: of KAFKA_HOME when its version is the one wanted (or any of that major will do), else cached ones.
 * Null when there are none.
 */
export function findJars(version: string, anyVersion: boolean): KafkaJars | null {
  const home = process.env.KAFKA_HOME
  const homeVersion = home ? versionIn(join(home, 'libs')) : null
  // Another major has other parts: 4 has no ZooKeeper.
  const isAlike = homeVersion?.split('.')[0] === version.split('.')[0]
  if (home && homeVersion && ((anyVersion && isAlike) || homeVersion === version)) {
    return { folder: join(home, 'libs'), version: homeVersion, source: 'KAFKA_HOME' }
  }
  const folder = join(cacheFolder(), `kafka-${version}`)
  return existsSync(folder) ? { folder, version, source: 'cache' } : null
}

function versionIn(libs: string): string | null {
  if (!existsSync(libs)) return null
  const names = readdirSync(libs).map((name) => /^kafka_2\.\d+-(\d[\d.]*)\.jar$/.exec(name)?.[1])
  return names.find((version) => version !== undefined) ?? null
}

/**
 * Fetches the jars of a Kafka version from Maven into the cache (~/.cache/kbench/kafka-<version>) and returns them.
 * Appears whole or not at all; of two runs at the same time, one fetches and the other waits.
 */
export async function fetchJars(
  version: string,
  context: { signal: AbortSignal; say(line: string): void },
): Promise<KafkaJars> {
  const folder = await cached(`kafka-${version}`, context, async (temporary) => {
    context.say(`fetching Kafka ${version} from Maven (once, about 54 MB)`)
    if (!findMaven()) {
      throw new KbenchError('environment', `there are no jars of Kafka ${version} and no mvn to fetch them`, {
        hint: `install Maven, or unpack Kafka ${version} and set KAFKA_HOME to it`,
      })
    }
    return copyFromMaven(`Kafka ${version}`, kafkaArtifacts(version), temporary, context.signal)
  })
  return { folder, version, source: 'cache' }
}

/**
 * Jars of Kafka Connect of that version, with the connectors for files and the converters that come with Kafka. They
 * are those of KAFKA_HOME, else fetched once like the broker's (~/.cache/kbench/kafka-connect-<version>).
 */
export async function connectJars(
  { version, folder, source }: KafkaJars,
  context: { signal: AbortSignal; say(line: string): void },
): Promise<string> {
  if (source === 'KAFKA_HOME') return folder
  return cached(`kafka-connect-${version}`, context, async (temporary) => {
    context.say(`fetching Kafka Connect ${version} from Maven (once)`)
    const parts = ['connect-runtime', 'connect-json', 'connect-file', 'connect-transforms']
    const artifacts = parts.map((name) => ['org.apache.kafka', name, version] as const)
    return copyFromMaven(`Kafka Connect ${version}`, [...artifacts, ...logging(version)], temporary, context.signal)
  })
}

export type Artifact = readonly [group: string, artifact: string, version: string]

/** Copies artifacts and all that they need at run time into `folder`/libs, which it returns. `what` is for messages. */
export async function copyFromMaven(
  what: string,
  artifacts: readonly Artifact[],
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const maven = findMaven()
  if (!maven) throw new KbenchError('environment', `there is no mvn to fetch ${what}`, { hint: 'install Maven' })
  await writeFile(join(folder, 'pom.xml'), pom(artifacts))
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
  // -U: a download that failed once, for want of a network, is tried again.
  const args = ['-q', '-B', '-U', '-f', join(folder, 'pom.xml'), goal, '-DincludeScope=runtime']
  const result = await execa(maven, [...args, `-DoutputDirectory=${join(folder, 'libs')}`], {
    all: true,
    reject: false,
    stdin: 'ignore',
    cancelSignal: signal,
    timeout: 600_000,
  })
  throwIfInterrupted(signal)
  if (result.failed) {
    throw new KbenchError('environment', `Maven could not fetch ${what}`, {
      details: mavenErrors(result.all ?? ''),
      hint: 'is there a way to Maven Central? Otherwise unpack Kafka and set KAFKA_HOME to it',
    })
  }
  return join(folder, 'libs')
}

/** What went wrong, without the advice on Maven's own options that follows it. */
function mavenErrors(output: string): string[] {
  return stripVTControlCharacters(output)
    .split('\n')
    .filter((line) => /^\[ERROR\] \S/.test(line) && !/^\[ERROR\] (To see|Re-run|For more|\[Help)/.test(line))
    .slice(0, 5)
}

/** Between Kafka 3.2 and 3.9. */
const reload4j: readonly Artifact[] = [['org.slf4j', 'slf4j-reload4j', '1.7.36']]
/** Before: what its tools depend on already. A second binding beside it would keep ZooKeeper from starting. */
const log4j1: readonly Artifact[] = [
  ['org.slf4j', 'slf4j-log4j12', '1.7.30'],
  ['log4j', 'log4j', '1.2.17'],
]

/** What Kafka's own distribution adds: log4j 2 since 4.0. */
function logging(version: string): readonly Artifact[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major >= 4) return ['log4j-slf4j-impl', 'log4j-core'].map((name) => ['org.apache.logging.log4j', name, '2.24.3'])
  return major === 3 && minor >= 2 ? reload4j : log4j1
}

/** The broker, its command line tools, and the logging. */
function kafkaArtifacts(version: string): Artifact[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  // Scala 2.13 since Kafka 2.4.
  const core = major < 2 || (major === 2 && minor < 4) ? 'kafka_2.12' : 'kafka_2.13'
  return [['org.apache.kafka', core, version], ['org.apache.kafka', 'kafka-tools', version], ...logging(version)]
}

function pom(artifacts: readonly Artifact[]): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kbench</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
${artifacts
  .map(([group, artifact, version]) => {
    return `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`
  })
  .join('\n')}
  </dependencies>
</project>
`
}
