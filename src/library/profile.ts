import { loadPlugins } from '../cli/actions/load-plugins.ts'
import { type LoadedProfile, tryLoadProfile, tryReadProfile } from '../cli/actions/load-profile.ts'
import type { Problem } from '../profile/parse.ts'
import type { ProfileInput } from '../profile/schema.ts'

/** A path, the name of a profile that comes with kbench, or the profile itself as an object with the keys of docs/profiles.md. */
export type ProfileSource = string | ProfileInput

export interface ProfileOptions {
  /** Path → value, laid over the profile: `{ 'load.rate': 2000, clients: ['kafkajs'] }`. */
  set?: Readonly<Record<string, unknown>>
  /** Files of plug-ins (docs/adding.md, "From outside"); they stay for the life of this process. */
  plugins?: readonly string[]
  /** `KBENCH_*` variables that are laid over the profile, below `set`. Default: none, whatever the process has. */
  env?: Readonly<Record<string, string | undefined>>
}

export async function readProfile(
  source: ProfileSource,
  { set = {}, plugins = [], env = {} }: ProfileOptions,
): Promise<LoadedProfile | { file: string; problems: Problem[] }> {
  await loadPlugins(plugins)
  // JSON is YAML.
  const sets = Object.entries(set).map(([path, value]) => ({ path, value: JSON.stringify(value) ?? 'null' }))
  if (typeof source === 'string') return tryLoadProfile(source, sets, env)
  return tryReadProfile(JSON.stringify(source), sets, env)
}
