import type { Security } from '../../contracts/api.ts'
import { clientConfig } from '../../kafka/client-config.ts'
import type { PreparedLayout } from './layout.ts'
import { secretsPath } from './one-shot.ts'

/** How clients log in to a layout, from its x-kbench-client; undefined = it has none. `secrets` is where the layout's secrets are on this machine. */
export async function layoutSecurity({ name, client }: PreparedLayout, secrets: string): Promise<Security | undefined> {
  if (client === null) return undefined
  const values = Object.entries(client).map(([key, value]) => [key, value.replaceAll(secretsPath, secrets)])
  const { security } = await clientConfig(Object.fromEntries(values), process.env, `x-kbench-client of layout ${name}`)
  return security ?? undefined
}
