import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const isLog4j2 = (kafkaVersion: string): boolean => Number(kafkaVersion.split('.')[0]) >= 4
const fileName = (kafkaVersion: string): string => (isLog4j2(kafkaVersion) ? 'log4j2.properties' : 'log4j.properties')

/** Writes the broker's logging configuration, everything to stdout from INFO: log4j 2 since Kafka 4.0, log4j 1 before. */
export async function writeLogging(folder: string, kafkaVersion: string): Promise<void> {
  const pattern = '[%d] %p %m (%c)%n'
  const text = isLog4j2(kafkaVersion)
    ? `appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=${pattern}
rootLogger.level=INFO
rootLogger.appenderRef.out.ref=out
`
    : `log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=${pattern}
`
  await writeFile(join(folder, fileName(kafkaVersion)), text)
}

/** The JVM option that points to it. */
export function loggingOption(folder: string, kafkaVersion: string): string {
  const path = join(folder, fileName(kafkaVersion))
  return isLog4j2(kafkaVersion) ? `-Dlog4j2.configurationFile=${path}` : `-Dlog4j.configuration=file:${path}`
}
