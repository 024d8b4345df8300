import { type Command, Option } from 'commander'

/** Adds `--plugin <file>`, as often as wanted: what the files define is there before the command reads anything (docs/adding.md). */
export function addPluginOption(command: Command): Command {
  return command
    .addOption(
      new Option('--plugin <file>', 'also take this file’s client, fault, workload, …; several times')
        .argParser<string[]>((file, earlier = []) => [...earlier, file])
        .default([], 'none'),
    )
    .hook('preAction', async (_, called) => {
      const { plugin: files = [] } = called.opts<{ plugin?: string[] }>()
      if (files.length === 0) return
      const { loadPlugins } = await import('../actions/load-plugins.ts')
      await loadPlugins(files)
    })
}
