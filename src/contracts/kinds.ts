/** Folders of src that hold plugins. */
export const pluginKinds = ['clusters', 'drivers', 'faults', 'references', 'reports', 'shapes', 'workloads'] as const
export type PluginKind = (typeof pluginKinds)[number]

/** Known to every copy of kbench: a plug-in may have been made with another one than the one that loads it. */
const kindKey = Symbol.for('kbench.kind')

/** The same plugin, which knows now of what kind it is; nobody sees that who lists its keys. */
export function marked<P extends object>(kind: PluginKind, plugin: P): P {
  // What is no object is left to whoever checks it.
  if (typeof plugin !== 'object' || plugin === null || Object.isFrozen(plugin)) return plugin
  return Object.defineProperty(plugin, kindKey, { value: kind, enumerable: false, configurable: true })
}

/** null = no defineX made it. */
export function kindOf(plugin: unknown): PluginKind | null {
  if (typeof plugin !== 'object' || plugin === null) return null
  const kind = (plugin as { [kindKey]?: unknown })[kindKey]
  return pluginKinds.find((each) => each === kind) ?? null
}
