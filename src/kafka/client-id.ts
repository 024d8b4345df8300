import type { Network } from '../contracts/api.ts'

/** Client id of a connection of kbench's own: what the network's names begin with, and what it is for. */
export const clientIdOf = ({ prefix = 'kbench-' }: Pick<Network, 'prefix'>, purpose: string): string =>
  `${prefix}${purpose}`
