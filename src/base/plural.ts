import { formatCount } from './units.ts'

/** "1 producer", "2 producers"; `several` is the plural where it is more than one with an s. */
export const plural = (count: number, one: string, several = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : several}`
