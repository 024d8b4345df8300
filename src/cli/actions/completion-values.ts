import { existsSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import type { Argument, Command, Option } from 'commander'
import { stateFolder } from '../../base/state-folder.ts'
import { pluginNames } from '../../registry.ts'
import { runsIn } from './runs-in.ts'
import { shippedLayouts, shippedProfiles } from './shipped.ts'

/** What may stand for a value, by the command and the option or argument that it is of. */
export interface Candidates {
  option(command: Command, option: Option): readonly string[]
  argument(command: Command, argument: Argument): readonly string[]
}

/** bash expands what a script offers it: what could be more than a name is left out. */
const isPlain = (text: string): boolean => /^[\w@%+=:,./-]+$/.test(text)

/** Read now, from this folder and this machine: nothing is asked of a cluster. */
export async function candidatesFor(words: readonly string[]): Promise<Candidates> {
  const profiles = [...(await shippedProfiles()), ...profilesHere()]
  const clients = await pluginNames('drivers')
  const runs = runsNewestFirst('results')
  const clusters = namesIn(stateFolder('clusters'))
  const byOption: Readonly<Record<string, readonly string[]>> = {
    '--clients': lists(clients, words.at(-1) ?? ''),
    '--provider': ['auto', ...(await pluginNames('clusters'))],
    '--cluster': clusters,
    '--layout': await shippedLayouts(),
    '--resume': runs,
    '--from-run': runs,
    '--check': runs,
    '--run': runs,
    '--format': await pluginNames('reports'),
    '--baseline': clients,
    '--out': ['ndjson'],
  }
  const byArgument: Readonly<Record<string, readonly string[]>> = {
    profile: profiles,
    run: runs,
    layout: await shippedLayouts(),
    name: clusters,
  }
  const ofCommand: Readonly<Record<string, readonly string[]>> = {
    'compare --format': ['json', 'csv', 'junit', 'markdown'],
    'consume --format': [],
    'init --from': await shippedProfiles(),
    'report --out': [],
    'compare --out': [],
    'calibrate --out': [],
    'calibrate-broker --out': [],
    'plan --out': [],
  }
  return {
    option: (command, option) =>
      (option.argChoices ?? ofCommand[`${command.name()} ${option.long}`] ?? byOption[option.long ?? ''] ?? []).filter(
        isPlain,
      ),
    argument: (_, argument) => (argument.argChoices ?? byArgument[argument.name()] ?? []).filter(isPlain),
  }
}

/** After "kafkajs,no": "kafkajs,node-rdkafka". */
function lists(names: readonly string[], word: string): string[] {
  const before = word.replace(/^--\w+=/, '').replace(/[^,]*$/, '')
  const taken = before.split(',')
  return names.filter((name) => !taken.includes(name)).map((name) => `${before}${name}`)
}

const profilesHere = (): string[] => readdirSync('.').filter((name) => /\.ya?ml$/.test(name))

const runsNewestFirst = (folder: string): string[] =>
  runsIn([folder])
    .filter((run) => run !== folder)
    .map((run) => basename(run))
    .reverse()

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])
