import { KbenchError } from '../../base/errors.ts'
import type { ProducerSettings } from '../../contracts/api.ts'
import { nodeRdkafkaCommand } from '../../kafka/librdkafka.ts'
import type { Library } from './library.ts'

/** Throws `environment` where the library was built without the codec. */
export function requireCodec({ features, path }: Library, { compression }: ProducerSettings): void {
  if (compression === 'none' || features.includes(compression)) return
  throw new KbenchError('environment', `this librdkafka (${path}) has no ${compression}`, {
    hint: `install the codec's headers (Debian: ${compression === 'zstd' ? 'libzstd-dev' : 'zlib1g-dev'}) and run ${nodeRdkafkaCommand()}, or use another library`,
  })
}
