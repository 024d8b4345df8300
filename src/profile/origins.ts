import { valueAt } from './issues.ts'
import type { Override } from './overrides.ts'
import { isPrefix, type Path, pathText } from './paths.ts'
import type { Source } from './source.ts'

/** Where a resolved value came from. */
export type Origin =
  | { kind: 'flag' | 'env'; label: string }
  | { kind: 'profile'; line: number; col: number }
  | { kind: 'default' }

/** The origin of every value of a resolved profile, by path ("producers.batch.lingerMs"), in the profile's order. */
export function originsOf(profile: unknown, source: Source, overrides: readonly Override[]): Map<string, Origin> {
  const newestFirst = overrides.toReversed()
  return new Map(
    valuesOf(profile).map(({ path }) => {
      const covering = newestFirst.find((override) => isPrefix(override.path, path) || isPrefix(path, override.path))
      if (!covering) return [pathText(path), written(path, source)]
      // What an override replaced as a whole and did not name has fallen back to its default.
      const given = valueAt(covering.value, path.slice(covering.path.length))
      return [
        pathText(path),
        given === undefined ? { kind: 'default' } : { kind: covering.kind, label: covering.label },
      ]
    }),
  )
}

/** "flag", "env KBENCH_LOAD__RATE", "profile:9" or "default". */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return 'flag'
    case 'env':
      return `env ${origin.label}`
    case 'profile':
      return `profile:${origin.line}`
    case 'default':
      return 'default'
  }
}

function written(path: Path, source: Source): Origin {
  return source.has(path) ? { kind: 'profile', ...source.place(path, 'key') } : { kind: 'default' }
}

/** The values that stand for themselves, in the profile's order: scalars, lists of scalars, and empty maps and lists. */
export function valuesOf(value: unknown, path: Path = []): { path: Path; value: unknown }[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null) return [{ path, value }]
  const entries = Object.entries(value)
  const scalars = Array.isArray(value) && value.every((item) => typeof item !== 'object')
  if (entries.length === 0 || scalars) return [{ path, value }]
  return entries.flatMap(([key, inner]) => valuesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]))
}
