import { type Command, Option } from 'commander'
import { KbenchError } from '../../base/errors.ts'

/** What --set gave, in order; values are YAML. */
export type Sets = readonly { path: string; value: string }[]

/** Adds `--set path=value`, as often as wanted; `options.set` is what loadProfile takes. */
export function addSetOption(command: Command): Command {
  return command.addOption(
    new Option('--set <path=value>', 'override a value of the profile; may be given several times')
      .argParser<Sets>(collect)
      .default([], 'none'),
  )
}

/** Adds `--provider <name>`, short for `--set cluster.provider=<name>`; `withProvider` puts it into the sets. */
export function addProviderOption(command: Command): Command {
  return command.option('--provider <name>', 'what runs the cluster (kbench list clusters), whatever the profile says')
}

export const withProvider = ({ provider, set }: { provider?: string; set: Sets }): Sets =>
  provider === undefined ? set : [{ path: 'cluster.provider', value: provider }, ...set]

function collect(text: string, earlier: Sets): Sets {
  const equals = text.indexOf('=')
  if (equals < 1) throw new KbenchError('usage', `--set ${text}: expected path=value, like --set load.rate=2000`)
  return [...earlier, { path: text.slice(0, equals).trim(), value: text.slice(equals + 1) }]
}
