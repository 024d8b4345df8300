import { type Command, Option } from 'commander'
import { exitCodes } from '../../base/errors.ts'
import type { Driver, Finding } from '../../contracts/api.ts'
import type { Profile } from '../../profile/schema.ts'
import type { Availability, Choice } from '../../runners/run/choose-cluster.ts'
import { addExamples } from './help-text.ts'
import { addProfileOptions, type ProfileOptions, setsOf } from './set-option.ts'

interface Diagnosis {
  node: Finding
  /** npm packages of the clients, loaded for real. */
  clients: Finding[]
  clusters: { provider: string; available: Availability; findings: Finding[] }[]
  auto: Choice
}

const oldestNode = [20, 19]

interface DoctorOptions extends ProfileOptions {
  json?: true
  results: string
}

/**
 * Mounts `kbench doctor`: what this machine has, and which cluster `provider: auto` would choose on it. With a profile, or with a running cluster: everything that a run of
 * it needs.
 */
export function registerDoctor(program: Command): void {
  const command = addProfileOptions(program.command('doctor'))
    .description('check this machine, or everything that a run of a profile needs')
    .argument('[profile]', 'a file, or the name of a profile that comes with kbench (kbench list profiles)')
    .option('--results <folder>', 'folder of the results', 'results')
    .option('--json', 'print the checks as JSON')
  // Nothing is loaded; a script may give it all the same.
  command.addOption(new Option('-y, --yes').hideHelp())
  addExamples(
    command,
    [
      'kbench doctor',
      'kbench doctor my.yaml',
      'kbench doctor my.yaml -b b-1.example.com:9096 --config client.properties',
    ],
    'Without a profile or any option: what this machine has, and which cluster the\n' +
      'provider auto would choose. Otherwise each check is ok, warning, failure or\n' +
      'unknown, with what to do; nothing is written or created. Exit code 3 if a check\n' +
      'fails, 2 for a profile that is not valid.',
  )
  command.action(async (profile: string | undefined, options: DoctorOptions) => {
    const set = await setsOf(options)
    if (profile !== undefined || set.length > 0) {
      const { runDoctor } = await import('../actions/run-doctor.ts')
      process.exitCode = await runDoctor(profile, { ...options, set })
      return
    }
    const found = await diagnose()
    process.stdout.write(options.json ? `${JSON.stringify(found, null, 2)}\n` : table(found))
    if (found.auto.provider === null) process.exitCode = exitCodes.environment
  })
}

/** What this machine has. */
export async function diagnose(): Promise<Diagnosis> {
  const { availability, chooseProvider } = await import('../../runners/run/choose-cluster.ts')
  const { signal } = new AbortController()
  const { profileSchema } = await import('../../profile/schema.ts')
  const options: Profile['cluster'] = profileSchema.shape.cluster.parse(undefined)
  const [clients, clusters] = await Promise.all([clientFindings(), clusterFindings(options, availability, signal)])
  const auto = await chooseProvider(options, signal, async (provider) => {
    const known = clusters.find((candidate) => candidate.provider === provider)
    return known ? known.available : availability(provider, options, signal)
  })
  return { node: nodeFinding(), clients, clusters, auto }
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isOld = major < oldestNode[0]! || (major === oldestNode[0]! && minor < oldestNode[1]!)
  return {
    what: 'Node.js',
    found: process.versions.node,
    ...(isOld ? { hint: `kbench needs Node.js ${oldestNode.join('.')} or later` } : {}),
  }
}

async function clusterFindings(
  options: Profile['cluster'],
  availability: (provider: string, options: Profile['cluster'], signal: AbortSignal) => Promise<Availability>,
  signal: AbortSignal,
): Promise<Diagnosis['clusters']> {
  const { loadPlugin, pluginNames } = await import('../../registry.ts')
  const providers = await Promise.all(
    (await pluginNames('clusters')).map(async (name) => ({ name, plugin: await loadPlugin('clusters', name) })),
  )
  return Promise.all(
    providers.flatMap(({ name, plugin }) => {
      // A provider that needs nothing of this machine (external) has nothing to say here.
      if (!plugin.findings) return []
      const findings = plugin.findings({ ...options, provider: name }, signal)
      return [
        Promise.all([availability(name, options, signal), findings]).then(([available, found]) => ({
          provider: name,
          available,
          findings: found,
        })),
      ]
    }),
  )
}

/** One row per npm package that a driver measures, and per native library that one calls. */
async function clientFindings(): Promise<Finding[]> {
  const [{ loadPlugin, pluginNames }, { installCommand }] = await Promise.all([
    import('../../registry.ts'),
    import('../../base/npm-command.ts'),
  ])
  const names = await pluginNames('drivers')
  const drivers = await Promise.all(names.map((name) => loadPlugin('drivers', name)))
  const installs = new Map(drivers.flatMap(({ package: name, install }) => (name ? [[name, install] as const] : [])))
  const packages = [...installs].map(([name, install]) => packageFinding(name, install ?? installCommand(name)))
  const libraries = names.flatMap((name, index) => {
    const { inspect } = drivers[index]!
    return inspect ? [libraryFinding(name, inspect)] : []
  })
  return Promise.all([...packages, ...libraries])
}

async function libraryFinding(client: string, inspect: NonNullable<Driver<unknown>['inspect']>): Promise<Finding> {
  const { libraryText } = await import('../../runners/run/inspect-clients.ts')
  const { library, problem } = await inspect([])
  const what = `client ${client}`
  if (library !== null) return { what, found: libraryText(library) }
  return { what, found: null, hint: `${problem?.message}: ${problem?.hint}` }
}

async function packageFinding(name: string, install: string): Promise<Finding> {
  const { canLoad, packageVersion, rebuildHint } = await import('../../runners/run/packages.ts')
  const what = `client ${name}`
  const version = await packageVersion(name)
  if (version === null) return { what, found: null, hint: install }
  if (await canLoad(name)) return { what, found: version }
  return { what, found: null, hint: `${version} is there but cannot be loaded: ${rebuildHint(name, install)}` }
}

/** As `kbench doctor` prints it. */
export function table({ node, clients, clusters, auto }: Diagnosis): string {
  const rows: Finding[] = [
    node,
    ...clients,
    ...clusters.flatMap(({ findings }) => findings),
    ...clusters.map(({ provider, available }) => ({
      what: `provider ${provider}`,
      found: available.ok ? 'can run here' : `no: ${available.reason}`,
      ...(available.ok ? {} : { hint: available.hint }),
    })),
    {
      what: 'provider auto',
      found: auto.provider === null ? 'no cluster of any kind can run here' : `takes ${auto.provider}`,
    },
  ]
  const width = Math.max(...rows.map(({ what }) => what.length))
  return rows
    .flatMap(({ what, found, hint }) => [
      `${what.padEnd(width)}  ${found ?? 'not found'}`,
      ...(hint === undefined ? [] : [`${' '.repeat(width)}  -> ${hint}`]),
    ])
    .map((line) => `${line}\n`)
    .join('')
}
