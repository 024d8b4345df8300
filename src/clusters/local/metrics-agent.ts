import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { ProvisionContext } from '../../contracts/api.ts'
import { leasedPorts } from '../shared/lease.ts'
import { freePorts } from '../shared/ports.ts'
import { cached } from './cache.ts'
import { copyFromMaven } from './jars.ts'
import { hasHttpServer } from './java.ts'

/** How brokers report their metrics: Prometheus' JMX agent in each, on a port of 127.0.0.1. */
export interface MetricsAgent {
  /** Service → port. */
  ports: ReadonlyMap<string, number>
  /** Option of the service's JVM. */
  option(service: string): string[]
  /** Address that answers in Prometheus' text format. */
  urlOf(service: string): string
  /** Before the JVMs start; `data` is the cluster's folder. */
  writeConfig(data: string): Promise<void>
}

const version = '1.0.1'

/** Nothing but what the samplers of quotas and of cluster.metrics read, so that a look costs the broker next to nothing. */
const config = `startDelaySeconds: 0
includeObjectNames:
  - "kafka.server:type=Produce,*"
  - "kafka.server:type=Fetch,*"
  - "kafka.server:type=Request,*"
  - "kafka.network:type=RequestMetrics,name=RequestBytes,request=Produce"
  - "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec"
  - "kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec"
  - "kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent"
  - "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions"
  - "kafka.server:type=app-info,id=*"
`

/** Chooses ports and finds the agent, fetched once from Maven; null, and a line that says why, where it cannot be had. */
export async function planMetricsAgent(
  services: readonly string[],
  java: string,
  data: string,
  taken: readonly number[],
  context: ProvisionContext,
): Promise<MetricsAgent | null> {
  if (!(await hasHttpServer(java))) {
    context.say(`brokers without metrics: ${java} has no module jdk.httpserver`)
    return null
  }
  let jar: string
  try {
    jar = await fetchAgent(context)
  } catch (error) {
    if (context.signal.aborted) throw error
    context.say(`brokers without metrics: ${messageOf(error)}`)
    return null
  }
  const chosen = await freePorts(services.length, new Set([...leasedPorts(), ...taken]))
  const ports = new Map(services.map((service, at) => [service, chosen[at]!]))
  const file = join(data, 'metrics.yaml')
  return {
    ports,
    option(service) {
      const port = ports.get(service)
      return port === undefined ? [] : [`-javaagent:${jar}=127.0.0.1:${port}:${file}`]
    },
    urlOf: (service) => `http://127.0.0.1:${ports.get(service)}/metrics`,
    writeConfig: () => writeFile(file, config),
  }
}

function fetchAgent(context: ProvisionContext): Promise<string> {
  const name = `jmx_prometheus_javaagent-${version}.jar`
  return cached(name, context, async (temporary) => {
    context.say(`fetching ${name} from Maven (once, 3 MB)`)
    const libs = await copyFromMaven(
      `jmx_prometheus_javaagent ${version}`,
      [['io.prometheus.jmx', 'jmx_prometheus_javaagent', version]],
      temporary,
      context.signal,
    )
    if (!readdirSync(libs).includes(name)) throw new KbenchError('environment', `Maven did not bring ${name}`)
    return join(libs, name)
  })
}
