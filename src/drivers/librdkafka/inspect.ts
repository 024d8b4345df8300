import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { KbenchError, messageOf } from '../../base/errors.ts'
import type { InspectedSettings, Inspection } from '../../contracts/api.ts'
import { nodeRdkafkaCommand } from '../../kafka/librdkafka.ts'
import { consumerConfig, producerConfig } from '../_librdkafka-config.ts'
import { tryOpen } from './client.ts'
import { openLibrary } from './library.ts'
import { splitOptions } from './options.ts'

/** Loading a library and making a few handles takes far less, ms. */
const limitMs = 20_000
const script = fileURLToPath(
  new URL(`./inspect-process.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
)

/** In a process of its own: a library that is none, or is built for another system, may end the one that loads it. */
export async function inspect(settings: readonly InspectedSettings[]): Promise<Inspection> {
  const run = promisify(execFile)
  try {
    const asked = run(process.execPath, [script], { timeout: limitMs, maxBuffer: 1 << 24 })
    asked.child.stdin?.end(JSON.stringify(settings))
    return JSON.parse((await asked).stdout) as Inspection
  } catch (error) {
    const { signal } = error as { signal?: string }
    const why = signal ? `the process that loaded it ended with ${signal}` : messageOf(error)
    const message = `librdkafka cannot be used: ${why.split('\n', 1)[0]}`
    return { library: null, problem: { code: 'environment', message, hint: nodeRdkafkaCommand() }, refused: [] }
  }
}

/** What that process does. The first library that cannot be used ends the look. */
export function inspectHere(all: readonly InspectedSettings[]): Inspection {
  const refused: Inspection['refused'][number][] = []
  let library: Inspection['library'] = null
  const opened = (where: string) => {
    const found = openLibrary(where)
    library ??= { name: 'librdkafka', version: found.version, path: found.path, features: found.features }
    return found
  }
  try {
    if (all.length === 0) opened('auto')
    all.forEach((given, index) => {
      const { where, config } = configOf(given)
      for (const { name, words } of tryOpen(opened(where).calls, given.of, config)) refused.push({ index, name, words })
    })
  } catch (error) {
    if (!(error instanceof KbenchError)) throw error
    const code = error.code === 'profile' ? 'profile' : 'environment'
    return { library: null, problem: { code, message: error.message, hint: error.hint ?? null }, refused }
  }
  return { library, problem: null, refused }
}

/** Without brokers: nobody is asked anything. What a login needs is checked with the profile. */
function configOf(given: InspectedSettings): { where: string; config: Record<string, unknown> } {
  const network = { bootstrap: [] }
  if (given.of === 'producer') {
    const { library, settings } = splitOptions(given.settings)
    return { where: library, config: flat(producerConfig(settings, network, 'kbench')) }
  }
  const { library, settings } = splitOptions(given.settings)
  return { where: library, config: flat(consumerConfig(settings, network, 'kbench')) }
}

function flat({ global, topic }: ReturnType<typeof producerConfig>): Record<string, unknown> {
  const { dr_cb: _, 'metadata.broker.list': __, ...rest } = global
  return { ...rest, ...topic }
}
