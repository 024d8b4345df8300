import { type Command, Option } from 'commander'
import { addOldName } from './old-name.ts'

const group = 'Cluster:'

/** Adds `-b, --bootstrap-server`, `--cluster` and `--config`, which have the same meaning on every command that has them. */
export function addTargetOptions(command: Command): Command {
  command
    .addOption(
      new Option('-b, --bootstrap-server <list>', 'brokers of a running cluster: host:port,host:port').helpGroup(group),
    )
    .addOption(new Option('--cluster <name>', 'a cluster that kbench cluster up started').helpGroup(group))
    .addOption(
      new Option('--config <file>', "how to connect: Kafka's client.properties, or librdkafka's names").helpGroup(
        group,
      ),
    )
  // As Kafka's own scripts call it.
  return addOldName(command, '--command-config <file>', 'config')
}

/** An option of the same group. */
export const targetOption = (flags: string, description: string): Option =>
  new Option(flags, description).helpGroup(group)
