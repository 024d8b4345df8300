import type { Command } from 'commander'
import { setTrust } from '../../base/trust.ts'

interface TrustOptions {
  allowNativePlugins?: true
  untrusted?: true
}

/** Adds `--allow-native-plugins` and `--untrusted`: how far profiles and files of client settings are trusted (docs/profiles.md). */
export function addTrustOptions(command: Command): Command {
  return command
    .option('--allow-native-plugins', 'take settings that load code into clients (plugin.library.paths and the like)')
    .option('--untrusted', 'refuse files, variables, commands and hosts beyond this machine in profiles and --config')
    .hook('preAction', (_, called) => {
      const { allowNativePlugins = false, untrusted = false } = called.opts<TrustOptions>()
      setTrust({ nativePlugins: allowNativePlugins, untrusted })
    })
}
