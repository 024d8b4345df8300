import { type Command, Option } from 'commander'
import { setTrust } from '../../base/trust.ts'

interface TrustOptions {
  allowNativePlugins?: true
  untrusted?: true
}

/** Adds `--allow-native-plugins` and `--untrusted`: how far profiles and files of client settings are trusted (docs/profiles.md). */
export function addTrustOptions(command: Command): Command {
  return command
    .addOption(option('--allow-native-plugins', 'accept settings that load code into clients'))
    .addOption(option('--untrusted', 'refuse files, variables, commands and other hosts in profiles'))
    .hook('preAction', (_, called) => {
      const { allowNativePlugins = false, untrusted = false } = called.opts<TrustOptions>()
      setTrust({ nativePlugins: allowNativePlugins, untrusted })
    })
}

const option = (flags: string, description: string): Option => new Option(flags, description).helpGroup('Trust:')
