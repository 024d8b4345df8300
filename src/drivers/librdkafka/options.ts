import { z } from 'zod'

/** What of `clientConfig.librdkafka` is kbench's own; everything else goes to the library, in its own names. */
export const options = z.looseObject({
  library: z
    .string()
    .default('auto')
    .describe('auto (what node-rdkafka built, else the system’s), node-rdkafka, system, or an absolute path'),
})

export function splitOptions<S extends { clientConfig: Readonly<Record<string, unknown>> }>(
  settings: S,
): { library: string; settings: S } {
  const { library, ...clientConfig } = options.parse(settings.clientConfig)
  return { library, settings: { ...settings, clientConfig } }
}
