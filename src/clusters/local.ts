import { KbenchError } from '../base/errors.ts'
import { defineClusterProvider } from '../contracts/define.ts'
import { classArchive } from './local/class-archive.ts'
import { startLocalCluster } from './local/cluster.ts'
import { connectJars, fetchJars, findJars } from './local/jars.ts'
import { canFetchJava, fetchJava, findJava, findMaven, type JavaRange, javaFor } from './local/java.ts'
import { kafkaServices, versionOf } from './local/server-properties.ts'
import { parseServices, readLayout } from './shared/compose-file.ts'
import { featureFindings, requireFeatures } from './shared/features.ts'
import { prepareLayout } from './shared/layout.ts'
import { cleanLeases } from './shared/lease.ts'
import { type LayoutOptions, layoutOptions, oneMachine } from './shared/options.ts'
import { throwIfInterrupted } from './shared/ready.ts'

/** What to do where no Java of that range is here. */
const javaHint = ({ oldest, newest }: JavaRange): string =>
  newest === null
    ? `install Java ${oldest} or later (Debian: openjdk-17-jre-headless), or point JAVA_HOME to one`
    : `point KBENCH_JAVA_${Math.min(newest, 17)} to the home of a Java of ${oldest} to ${newest}`

const noVersion = {
  reason: 'the image tag names no Kafka version',
  hint: 'set KAFKA_VERSION to one, like 4.1.0',
}

/** The image is Docker's business; a local broker takes its version from KAFKA_VERSION or the layout's default. */
const environment = () => ({ ...process.env, KBENCH_KAFKA_IMAGE: undefined, KBENCH_CP_KAFKA_IMAGE: undefined })

/** The Kafka and ZooKeeper services of a layout as Java processes of this machine. */
export default defineClusterProvider<LayoutOptions>({
  summary:
    'the brokers of a layout as Java processes on this machine; needs Java (17 for Kafka 4), and Maven or KAFKA_HOME',
  transferable: oneMachine,
  options: layoutOptions,

  async available(options) {
    const version = await wantedVersion(options.layout)
    if (!version) return { ok: false, ...noVersion }
    const range = javaFor(version)
    const java = await findJava(range)
    if ('problem' in java && !canFetchJava(range)) return { ok: false, reason: java.problem, hint: javaHint(range) }
    if (findJars(version, anyVersion()) || findMaven()) return { ok: true }
    return {
      ok: false,
      reason: 'there are no jars of Kafka and no mvn to fetch them',
      hint: 'install Maven, or unpack Kafka and set KAFKA_HOME to it',
    }
  },

  async provision(options, context) {
    requireFeatures(context)
    const version = await wantedVersion(options.layout)
    if (!version) throw new KbenchError('environment', noVersion.reason, { hint: noVersion.hint })
    const range = javaFor(version)
    const found = await findJava(range)
    const java = 'problem' in found && canFetchJava(range) ? await fetchJava(context) : found
    if ('problem' in java) throw new KbenchError('environment', java.problem, { hint: javaHint(range) })
    throwIfInterrupted(context.signal)
    const jars = findJars(version, anyVersion()) ?? (await fetchJars(version, context))
    if (jars.version !== version) context.say(`Kafka ${jars.version} of KAFKA_HOME instead of ${version}`)
    const { standing } = context
    const layout = await prepareLayout(
      options.layout,
      { ...environment(), ...(standing ? { KBENCH_CLUSTER_ID: standing.clusterId } : {}) },
      { privatePorts: true, ownPorts: standing !== undefined },
    )
    const connect = layout.connects.length > 0 ? await connectJars(jars, context) : null
    if (layout.others.length > 0) context.say(`not started without Docker: ${layout.others.join(', ')}`)
    const archive = await classArchive(java, jars, context)
    return startLocalCluster(layout, { command: java.command, jars, archive, connect }, options.startTimeout, context)
  },

  async findings(options) {
    const version = await wantedVersion(options.layout)
    const range = javaFor(version ?? '4')
    const java = await findJava(range)
    const maven = findMaven()
    const jars = version ? findJars(version, anyVersion()) : null
    return [
      'problem' in java
        ? { what: 'Java', found: null, hint: `${java.problem}: ${javaHint(range)}` }
        : { what: 'Java', found: String(java.major) },
      { what: 'Maven', found: maven, ...(maven || jars ? {} : { hint: 'apt-get install maven, or set KAFKA_HOME' }) },
      {
        what: 'Kafka jars',
        found: jars ? `${jars.version}, ${jars.folder}` : null,
        ...(jars || !maven ? {} : { hint: version ? `Maven fetches ${version} on the first run` : noVersion.hint }),
      },
      ...featureFindings(),
    ]
  },

  clean: () => cleanLeases('local'),
})

/** Unless KAFKA_VERSION asks for one, whatever is in KAFKA_HOME is welcome. */
const anyVersion = () => !process.env.KAFKA_VERSION

/** From KAFKA_VERSION, else the layout's own; null when that is no version, but "latest". */
async function wantedVersion(layout: string): Promise<string | null> {
  const [first] = kafkaServices(parseServices(await readLayout(layout), environment()))
  return first ? versionOf(first.image) : null
}
