import type { Shape } from '../../contracts/shapes.ts'
import { addShape } from '../../profile/shapes.ts'
import { addPlugin } from '../../registry.ts'

/** Takes plug-ins from these files, in order: profiles can name them from now on. Throws `usage` for the first that is wrong. */
export async function loadPlugins(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const { kind, name, plugin } = await addPlugin(file)
    if (kind === 'shapes') addShape(name, plugin as Shape<unknown>)
  }
}
